package auth

// route is the way a client is to be verified.
type route struct {
	plugin string
	change bool // an auth switch with a new nonce goes first
}

// chooseRoute decides how a client is verified from what the configuration says and the first answer it gave. It does not
// look at whether the user is known.
//
// The client's own plugin is taken if it can verify the user; else the greeting's, else any other. An answer that does not
// fit the client's plugin, or no answer where a password is expected, is asked for again: libmysqlclient sends an empty one when the greeting
// named another plugin than its own, and in COM_CHANGE_USER.
func chooseRoute(cfg *ServerConfig, data []byte) (route, error) {
	if cfg.Plugin == "" {
		return route{plugin: NativePassword}, nil // the only one without CLIENT_PLUGIN_AUTH
	}
	refusal := &UnsupportedPluginError{Plugin: cfg.Plugin}
	if plugin, ok := serverPlugins[cfg.Plugin]; ok {
		refusal.Reason = plugin.obstacle(cfg)
		if refusal.Reason == "" {
			answered := plugin.answers(data) && !cfg.ChangeUser || isEmptyAnswer(data) && cfg.Password.kind == emptyPassword
			return route{plugin: cfg.Plugin, change: !answered}, nil
		}
	}
	for _, name := range [...]string{cfg.DefaultPlugin, CachingSHA2Password, NativePassword} {
		if plugin, ok := serverPlugins[name]; ok && name != ClearPassword && plugin.obstacle(cfg) == "" {
			return route{plugin: name, change: true}, nil
		}
	}
	return route{}, refusal
}
