package protocol

import (
	"math/bits"
	"strconv"
	"strings"
)

// Capability is a set of client/server capability flags: the low 32 bits are MySQL's, the high 32 MariaDB's extended ones.
type Capability uint64

// The flags under their protocol names.
const (
	// ClientLongPassword is CLIENT_MYSQL to MariaDB: a server that leaves it out is a MariaDB that sends extended flags, and a
	// client that leaves it out answers with its own.
	ClientLongPassword Capability = 1 << iota
	ClientFoundRows
	ClientLongFlag
	ClientConnectWithDB
	ClientNoSchema
	ClientCompress
	ClientODBC
	ClientLocalFiles
	ClientIgnoreSpace
	ClientProtocol41
	ClientInteractive
	ClientSSL
	ClientIgnoreSigpipe
	ClientTransactions
	ClientReserved
	ClientSecureConnection
	ClientMultiStatements
	ClientMultiResults
	ClientPSMultiResults
	ClientPluginAuth
	ClientConnectAttrs
	ClientPluginAuthLenencData
	ClientCanHandleExpiredPasswords
	ClientSessionTrack
	ClientDeprecateEOF
	ClientOptionalResultsetMetadata
	ClientZstdCompression
	ClientQueryAttributes
	MultiFactorAuthentication
	// ClientCapabilityExtension is reserved by MySQL; MariaDB before 10.2 took progress reports by this bit.
	ClientCapabilityExtension
	ClientSSLVerifyServerCert
	ClientRememberOptions
	MariaDBProgress
	MariaDBComMulti
	MariaDBStmtBulk
	MariaDBExtendedMetadata
	MariaDBCacheMetadata
	MariaDBBulkUnitResults
)

var capabilityNames = [64]string{
	"LONG_PASSWORD", "FOUND_ROWS", "LONG_FLAG", "CONNECT_WITH_DB", "NO_SCHEMA", "COMPRESS", "ODBC", "LOCAL_FILES",
	"IGNORE_SPACE", "PROTOCOL_41", "INTERACTIVE", "SSL", "IGNORE_SIGPIPE", "TRANSACTIONS", "RESERVED", "SECURE_CONNECTION",
	"MULTI_STATEMENTS", "MULTI_RESULTS", "PS_MULTI_RESULTS", "PLUGIN_AUTH", "CONNECT_ATTRS", "PLUGIN_AUTH_LENENC_CLIENT_DATA",
	"CAN_HANDLE_EXPIRED_PASSWORDS", "SESSION_TRACK", "DEPRECATE_EOF", "OPTIONAL_RESULTSET_METADATA",
	"ZSTD_COMPRESSION_ALGORITHM", "QUERY_ATTRIBUTES", "MULTI_FACTOR_AUTHENTICATION", "CAPABILITY_EXTENSION",
	"SSL_VERIFY_SERVER_CERT", "REMEMBER_OPTIONS", "MARIADB_PROGRESS", "MARIADB_COM_MULTI", "MARIADB_STMT_BULK_OPERATIONS",
	"MARIADB_EXTENDED_METADATA", "MARIADB_CACHE_METADATA", "MARIADB_BULK_UNIT_RESULTS",
}

// Has reports whether all flags of f are set in c.
func (c Capability) Has(f Capability) bool { return c&f == f }

// String lists the flags' names, joined by "|", for logs and errors.
func (c Capability) String() string {
	if c == 0 {
		return "none"
	}
	var b strings.Builder
	for rest := uint64(c); rest != 0; rest &= rest - 1 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		bit := bits.TrailingZeros64(rest)
		if name := capabilityNames[bit]; name != "" {
			b.WriteString(name)
		} else {
			b.WriteString("BIT_" + strconv.Itoa(bit))
		}
	}
	return b.String()
}
