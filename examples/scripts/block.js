// Blocking: kinds of statements that must not run now, by their digest or by what they look like. An operator changes
// the list below, and it is in force with the next statement.

const digests = {
  // "0x5B7E6A9D2C41F083": "an index is missing: OPS-1234",
}
const forms = [
  {form: /^DELETE FROM (\S+)$/i, why: "DELETE without WHERE"},
  {form: /^UPDATE (?!.*\bWHERE\b)/i, why: "UPDATE without WHERE"},
  {form: /\bSLEEP\s*\(/i, why: "SLEEP()"},
]

function onQuery(q) {
  const why = digests[q.digest] ?? forms.find(f => f.form.test(q.digestText))?.why
  if (why) q.reject(1148, "42000", "blocked: " + why)
}
onQuery.cacheBy = "digest"
