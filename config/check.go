package config

// check looks at what concerns more than the type and range of one key.
func (r *reader) check(c *Config) {
}
