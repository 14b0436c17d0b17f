// Read/write splitting: reads that stand alone go to the replicas (hostgroup 20), all else stays where the user's
// default_hostgroup says. Asked once for each kind of statement; remembered after that.
//
// Transactions need no care here: the proxy keeps them where they began, and sends FOUND_ROWS(), ROW_COUNT() and
// SHOW WARNINGS to where the statement before them went.

const REPLICAS = 20

const read = /^SELECT\b/i
const locks = /\bFOR UPDATE\b|\bLOCK IN SHARE MODE\b|\bFOR SHARE\b|\b(GET_LOCK|RELEASE_LOCK|RELEASE_ALL_LOCKS|NEXTVAL|SETVAL|LAST_INSERT_ID)\s*\(|\bINTO\s+(OUTFILE|DUMPFILE|@)/i

function onQuery(q) {
  if (q.inTransaction) return
  const text = q.digestText
  if (read.test(text) && !locks.test(text) && !text.includes(";")) q.route(REPLICAS).tag("read")
}
onQuery.cacheBy = ["digest", "inTransaction"]
