package digest

import "testing"

// pinning are the flags for which a session would have to keep its connection beyond a statement or a transaction.
const pinning = UserVarAssign | UserVarRead | IntoVar | GetLock | LockTables | LockInstance | CalcFoundRows |
	LastInsertIDSet | SequenceLast | SetOneShot | SetRole | SetTransactionNext | SetOther | SetVarHint |
	SetStatement | CreateTemporary | PrepareStmt | ExecuteStmt | Handler | XA | Release | Compound |
	ExecutableComment | Uncertain | MultiStatement

// applicationStatements are what frameworks and programs send all day. None of them may hold a connection.
var applicationStatements = []string{
	// Hibernate.
	hibernate,
	"select next_val as id_val from hibernate_sequence for update",
	"update hibernate_sequence set next_val= ? where next_val=?",
	"insert into orders (created_at,customer_id,status,total,id) values (?,?,?,?,?)",
	"/* dynamic native SQL query */ select u.* from `user` u where u.role in (?,?,?) and u.value is not null",
	"SET autocommit=0", "SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SELECT @@session.transaction_read_only", "SELECT @@session.tx_isolation",
	"/* mysql-connector-java-8.0.33 */SELECT  @@session.auto_increment_increment AS auto_increment_increment, " +
		"@@character_set_client AS character_set_client, @@sql_mode AS sql_mode, @@transaction_isolation AS transaction_isolation",
	"SET character_set_results = NULL", "SET sql_mode='STRICT_TRANS_TABLES'",
	// ActiveRecord.
	"SELECT `users`.* FROM `users` WHERE `users`.`email` = 'it''s@example.com' ORDER BY `users`.`id` ASC LIMIT 1",
	"SELECT 1 AS one FROM `users` WHERE `users`.`name` = BINARY 'x' LIMIT 1",
	"INSERT INTO `users` (`name`, `created_at`) VALUES ('O\\'Brien', '2024-01-01 00:00:00.123456')",
	"UPDATE `users` SET `users`.`login_count` = COALESCE(`users`.`login_count`, 0) + 1 WHERE `users`.`id` = 5",
	"SELECT `orders`.* FROM `orders` WHERE `orders`.`id` = 5 LIMIT 1 FOR UPDATE",
	"SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = 'users'",
	"SHOW FULL FIELDS FROM `users`", "SHOW KEYS FROM `users`", "SHOW CREATE TABLE `users`",
	"SET NAMES utf8mb4, @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), @@SESSION.wait_timeout = 2147483",
	"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT active_record_1", "RELEASE SAVEPOINT active_record_1",
	"ROLLBACK TO SAVEPOINT active_record_1",
	// Django.
	"SELECT `auth_user`.`id`, `auth_user`.`password` FROM `auth_user` WHERE `auth_user`.`username` = 'x' LIMIT 21",
	"SELECT (1) AS `a` FROM `django_session` WHERE `django_session`.`session_key` = '3x' LIMIT 1",
	"SELECT COUNT(*) AS `__count` FROM `t` WHERE (`t`.`name` LIKE BINARY '%x%' AND NOT (`t`.`id` IN (1, 2)))",
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SQL_AUTO_IS_NULL = 0", "SET foreign_key_checks = 0",
	"SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, @@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL",
	"INSERT INTO `t` (`a`, `b`) VALUES (1, 'x'), (2, 'y'), (3, NULL) ON DUPLICATE KEY UPDATE `b` = VALUES(`b`)",
	// Laravel.
	"select * from `users` where `users`.`id` = ? and `users`.`deleted_at` is null limit 1",
	"select exists(select * from `jobs` where `queue` = ?) as `exists`",
	"select * from `jobs` where `queue` = ? and ((`reserved_at` is null and `available_at` <= ?)) order by `id` asc limit 1 FOR UPDATE SKIP LOCKED",
	"insert ignore into `cache` (`key`, `value`, `expiration`) values (?, ?, ?)",
	"set names 'utf8mb4' collate 'utf8mb4_unicode_ci'", "use `forge`;",
	"set session sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES'",
	"START TRANSACTION",
	// WordPress.
	"SELECT option_name, option_value FROM wp_options WHERE autoload = 'yes'",
	"SELECT   wp_posts.ID FROM wp_posts  WHERE 1=1  AND ( ( YEAR( wp_posts.post_date ) = 2024 ) ) AND wp_posts.post_type = 'post' ORDER BY wp_posts.post_date DESC LIMIT 0, 10",
	"UPDATE `wp_options` SET `option_value` = 'a:1:{s:1:\\\"x\\\";i:1;}', `autoload` = 'yes' WHERE `option_name` = 'cron'",
	"SELECT DISTINCT meta_key FROM wp_postmeta WHERE meta_key NOT BETWEEN '_' AND '_z' HAVING meta_key NOT LIKE '\\\\_%' LIMIT 30",
	"SELECT @@SESSION.sql_mode", "SHOW VARIABLES LIKE 'sql_mode'", "SHOW TABLES LIKE 'wp\\\\_%'", "DESCRIBE wp_posts;",
	"INSERT INTO `wp_options` (`option_name`, `option_value`) VALUES ('_transient_x', 'if (a) { b := \"@c\"; } /* d */ -- e')",
	"SELECT t.*, tt.* FROM wp_terms AS t INNER JOIN wp_term_taxonomy AS tt ON t.term_id = tt.term_id # get_terms()",
	// sysbench, ping and probes.
	pointSelect, "SELECT 1", "select 1 from dual", "/* ping */ SELECT 1", "SELECT NOW()", "SELECT DATABASE()", "SELECT USER()",
	"SELECT c FROM sbtest1 WHERE id BETWEEN 1 AND 100 ORDER BY c", "UPDATE sbtest1 SET c='0-1-2' WHERE id=5",
	// Names like functions and keywords.
	"SELECT last_insert_id, found_rows, get_lock FROM stats WHERE handler='x' AND user=1 AND role='admin'",
	"SELECT s.value, s.session, s.event FROM status s WHERE s.names = 'set names' ORDER BY s.lock_id",
	"SELECT JSON_EXTRACT(a, '$.b'), a->'$.c', a->>'$.d' FROM t WHERE a REGEXP '^@x:=1$'",
	"SELECT x.share, x.update_time FROM x WHERE x.`for` = 'update'",
	"WITH RECURSIVE tree (id, parent) AS (SELECT 1, NULL UNION ALL SELECT n.id, n.parent FROM node n JOIN tree ON n.parent = tree.id) SELECT * FROM tree",
	"SELECT SUBSTRING_INDEX(USER(), '@', 1), 'a@b.c', CONCAT('@', name) FROM t",
	"SELECT a, ROW_NUMBER() OVER (PARTITION BY b ORDER BY c) FROM t WINDOW w AS (ORDER BY d)",
	"SELECT CAST(a AS SIGNED), a % 2, a DIV 3, -a, ~a, !a, a | b & c ^ d << 1 FROM t WHERE a <=> NULL",
}

func TestApplicationsAreNotPinned(t *testing.T) {
	for _, sql := range applicationStatements {
		if info := Scan([]byte(sql), 0); info.Flags&pinning != 0 {
			t.Errorf("%s\nhas %v", sql, info.Flags&pinning)
		}
	}
}

// What does hold a connection in such programs.
func TestApplicationsThatNeedTheirConnection(t *testing.T) {
	for _, test := range []struct {
		sql   string
		flags Flags
	}{
		{"SELECT GET_LOCK('django_migrations', 10)", GetLock},
		{"SELECT GET_LOCK('3487634865', 0)", GetLock}, // ActiveRecord's migrations
		{"SELECT SQL_CALC_FOUND_ROWS  wp_posts.ID FROM wp_posts WHERE 1=1 LIMIT 0, 10", CalcFoundRows},
		{"SELECT FOUND_ROWS()", FoundRowsFn},
		{"SELECT LAST_INSERT_ID()", LastInsertIDFn},
		{"INSERT INTO t (a) VALUES (1); SELECT LAST_INSERT_ID();", LastInsertIDFn | MultiStatement},
		{"SET @rownum := 0", UserVarAssign},
		{"SELECT @rownum := @rownum + 1 AS n, t.* FROM t, (SELECT @rownum := 0) r", UserVarAssign | UserVarRead},
		{"CREATE TEMPORARY TABLE IF NOT EXISTS tmp_ids (id BIGINT) ENGINE=MEMORY", CreateTemporary},
		{"/*!40000 ALTER TABLE `t` DISABLE KEYS */;", ExecutableComment | ImplicitCommit},
		{"/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;", ExecutableComment | UserVarAssign},
	} {
		if info := Scan([]byte(test.sql), 0); !info.Flags.Has(test.flags) {
			t.Errorf("%s has %v, want %v", test.sql, info.Flags, test.flags)
		}
	}
}
