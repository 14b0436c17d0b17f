package auth

// route is the way a client is to be verified.
type route struct {
	plugin string
	change bool // an auth switch goes first, which asks for a new answer
}

// chooseRoute decides how a client is verified from what the configuration says and the first answer it gave. It does not
// look at whether the user is known.
//
// The client's own plugin is taken if it can verify the user; else the greeting's, else any other. An answer that does not
// fit the client's plugin is asked for again, and so is every answer in COM_CHANGE_USER, as servers do.
//
// An empty answer says "no password" only where the greeting named the client's plugin. Where it named another one (and in
// COM_CHANGE_USER, with all plugins but mysql_native_password) libmysqlclient and Connector/C send an empty answer whatever
// the password is, and cannot go on without an auth switch (client_mpvio_read_packet in either).
func chooseRoute(cfg *ServerConfig, data []byte) (route, error) {
	if cfg.Plugin == "" {
		return route{plugin: NativePassword}, nil // the only one without CLIENT_PLUGIN_AUTH
	}
	refusal := &UnsupportedPluginError{Plugin: cfg.Plugin}
	if plugin, ok := serverPlugins[cfg.Plugin]; ok {
		refusal.Reason = plugin.obstacle(cfg)
		if refusal.Reason == "" {
			noPassword := isEmptyAnswer(data) && cfg.Password.kind == emptyPassword && cfg.Plugin == cfg.DefaultPlugin
			answered := !cfg.ChangeUser && (plugin.answers(data) || noPassword)
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
