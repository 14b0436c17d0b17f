package config

// CharsetID returns the collation id that stands for a character set in the handshake, which has one byte for it. name
// is a character set (its default collation is meant) or a collation, as MySQL and MariaDB spell them. Character sets
// that a client can't use (ucs2, utf16, utf16le, utf32) and collations whose id needs more than a byte are not known.
func CharsetID(name string) (id byte, ok bool) {
	id, ok = charsetIDs[name]
	return id, ok
}

// charsetIDs has the ids of information_schema.COLLATIONS that MySQL and MariaDB agree on; for a character set, the id
// of the collation that both have known longest as its default.
var charsetIDs = map[string]byte{
	"utf8mb4": 45, "utf8mb3": 33, "utf8": 33, "latin1": 8, "ascii": 11, "binary": 63,
}
