package config

import "fmt"

// Structs with a secret print themselves without it, under every verb of package fmt. For encoding/json the field's tag
// says the same.

// hidden is printed in place of a secret.
const hidden = "***"

// mask is what is printed of a secret: nothing, if there is none.
func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return hidden
}

// String returns the user without the password.
func (u MySQLUser) String() string { return fmt.Sprint(u) }

// Format implements fmt.Formatter.
func (u MySQLUser) Format(f fmt.State, verb rune) {
	type plain MySQLUser
	u.Password = mask(u.Password)
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(u))
}

// String returns the variables without the monitor's password.
func (v MySQLVariables) String() string { return fmt.Sprint(v) }

// Format implements fmt.Formatter.
func (v MySQLVariables) Format(f fmt.State, verb rune) {
	type plain MySQLVariables
	v.MonitorPassword = mask(v.MonitorPassword)
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(v))
}

// String returns the table without the password of sql().
func (s Scripting) String() string { return fmt.Sprint(s) }

// Format implements fmt.Formatter.
func (s Scripting) Format(f fmt.State, verb rune) {
	type plain Scripting
	s.SQLPassword = mask(s.SQLPassword)
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(s))
}
