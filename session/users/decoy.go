package users

import "parkway/protocol/auth"

// decoys stand in for the passwords of users that do not exist. How the proxy verifies a client depends on the kind of
// password that it knows; if unknown users were always treated as one kind, the other kind would give known users away.
type decoys struct {
	clear, hash   auth.Password
	users, hashed uint64 // how many users there are, how many of them have a hash
}

func makeDecoys(users map[string]*User) decoys {
	d := decoys{clear: auth.Password{}.Decoy()}
	for _, u := range users {
		d.users++
		if u.Password.Hashed() {
			d.hashed++
			d.hash = u.Password
		}
	}
	d.hash = d.hash.Decoy()
	return d
}

// pick chooses by a hash of the user name.
func (d *decoys) pick(h uint64) auth.Password {
	if d.users > 0 && h%d.users < d.hashed {
		return d.hash
	}
	return d.clear
}
