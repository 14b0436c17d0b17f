package config

// foreign are keys that ProxySQL has in the same place, and what whoever brings them along has to know.
var foreign = map[string]string{
	"mysql_query_rules.replace_pattern":     "a rule cannot rewrite a statement, a script can (q.rewrite)",
	"mysql_query_rules.cache_ttl":           "a rule cannot keep answers, a script can (examples/scripts/cache.js)",
	"mysql_query_rules.mirror_hostgroup":    "statements are not mirrored",
	"mysql_query_rules.mirror_flagOUT":      "statements are not mirrored",
	"mysql_query_rules.sticky_conn":         onlyProxySQL,
	"mysql_query_rules.next_query_flagIN":   onlyProxySQL,
	"mysql_query_rules.gtid_from_hostgroup": onlyProxySQL,
	"mysql_query_rules.proxy_addr":          onlyProxySQL,
	"mysql_query_rules.proxy_port":          onlyProxySQL,
}

const onlyProxySQL = "only ProxySQL's rules have it"
