// Audit: who changed what, with how many rows and from where, in the log (and so wherever that goes), and counted. What
// was read is nobody's business.

const changes = metrics.counter("audited_statements")
const writes = /^(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|RENAME|GRANT|REVOKE|LOAD)\b/i

function onQuery(q) { q.observe(writes.test(q.digestText)) }
onQuery.cacheBy = "digest"

function onResult(q, result) {
  if (result.columns.length === 0) note(q, result.affectedRows, result.error)
  else result.end((summary, q) => note(q, summary.rows, summary.error)) // INSERT ... RETURNING
}

function note(q, rows, error) {
  changes.inc()
  log.info("audit", {
    user: q.user, client: q.clientAddr, program: q.attributes.program_name ?? "", schema: q.schema,
    statement: q.digestText, rows, error: error ? error.code : 0,
  })
}

function onAuth(conn, auth) { log.info("login", {user: auth.user, client: conn.clientAddr, plugin: auth.plugin}) }
