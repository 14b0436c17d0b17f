// Sharding by tenant: the application says in a comment whom a statement is about, /* tenant=4711 */, and the tenant's
// shard is a hostgroup. Large tenants have a place of their own (shards.json); the others are spread by a hash. A
// statement that names no tenant is refused.

const {SHARDS, PLACES} = require("./shards.json")

function hash(text) { // FNV-1a
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return h
}

function shardOf(tenant) { return Object.hasOwn(PLACES, tenant) ? PLACES[tenant] : SHARDS[hash(tenant) % SHARDS.length] }

const everywhere = /^(SET|SELECT @@|SHOW|USE|BEGIN|START|COMMIT|ROLLBACK)\b/i

function onQuery(q) {
  const tenant = q.annotations.tenant
  if (tenant) q.route(shardOf(tenant))
  else if (!q.inTransaction && !everywhere.test(q.sql)) q.reject(1148, "42000", "name the tenant: /* tenant=... */")
}
