// Mapping users: many logins, few accounts at the servers. Analysts share the account `readonly` and see replicas only;
// a service whose name ends with _ro does too. Nobody logs in as root from elsewhere, or twenty times a minute.

const READERS = new Set(["ann", "bob"])
const PER_MINUTE = 20

function onAuth(conn, auth) {
  if (auth.user === "root" && conn.clientAddr !== "127.0.0.1" && conn.clientAddr !== "localhost") {
    auth.reject("root logs in from this host only")
    return
  }
  if (shared.incr(`logins ${auth.user}@${conn.clientAddr}`, 1, 60000) > PER_MINUTE) {
    auth.reject(1226, "42000", "too many logins in this minute")
    return
  }
  if (READERS.has(auth.user) || auth.user.endsWith("_ro")) auth.become("readonly").route(20).use(auth.schema || "reports")
}

function onConnect(conn) {
  if (conn.clientAddr.startsWith("192.0.2.")) conn.reject(1130, "HY000", "not from your network")
}
