package digest

import (
	"strings"
	"testing"
)

func TestAppendText(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"", ""},
		{";;", ""},
		{"select c from `t` where id in (1, 2,3) and n=-5", "SELECT c FROM `t` WHERE id IN (?,...) AND n=?"},
		{pointSelect, "SELECT c FROM sbtest1 WHERE id=?"},
		{"SELECT  c /* x */ FROM sbtest1 -- y\nWHERE id = 5024 ;", "SELECT c FROM sbtest1 WHERE id=?"},
		{"SELECT COUNT( * ) , t . a FROM Db . T t", "SELECT COUNT(*),t.a FROM Db.T t"},
		{"SELECT a.*,b.select FROM a", "SELECT a.*,b.select FROM a"},
		{"SELECT 'a' 'b' \"c\", N'x', X'1F', 0x1f, 0b1, b'1', _utf8mb4 'x', _binary X'00', \\N", "SELECT ?,..."},
		{"SELECT 1.5, .5, 1., 1e5, 1.5e-3", "SELECT ?,..."},
		{"SELECT 0X1F, 1a, 1e, t.1, t.5a", "SELECT 0X1F,1a,1e,t.1,t.5a"},
		{"SELECT 'a''b\\'c', 'd'", "SELECT ?,..."},
		{"SELECT - 1, a-1, a - -1, a- - 1, (-1), f(+1), - -1, NULL-1", "SELECT ?,a-?,a- -?,a- -?,(?),f(?),- -?,...-?"},
		{"SELECT a IS NULL, b IS NOT NULL, NULL", "SELECT a IS NULL,b IS NOT NULL,?"},
		{"SELECT TRUE, false", "SELECT TRUE,FALSE"},
		{"SELECT * FROM t LIMIT 10,20", "SELECT * FROM t LIMIT ?,..."},
		{"SELECT * FROM t LIMIT 10 OFFSET 20", "SELECT * FROM t LIMIT ? OFFSET ?"},
		{"insert into t(a,b) values(1,2)", "INSERT INTO t(a,b) VALUES (?,...)"},
		{"insert into t values (1,2),(3,4), (5,6)", "INSERT INTO t VALUES (?,...),..."},
		{"insert into t values (1),(2) on duplicate key update a=1", "INSERT INTO t VALUES (?),... ON DUPLICATE KEY UPDATE a=?"},
		{"insert into t values (1),(2,3),(4,5),(6)", "INSERT INTO t VALUES (?),(?,...),...,(?)"},
		{"insert into t values (1,2),(3,now()),(4,5)", "INSERT INTO t VALUES (?,...),(?,NOW()),(?,...)"},
		{"insert into t values (1,-2),(3,+4)", "INSERT INTO t VALUES (?,...),..."},
		{"insert into t values (),()", "INSERT INTO t VALUES (),()"},
		{"select (1,2),(3,4,a),(1,", "SELECT (?,...),(?,...,a),(?,"},
		{"select ((1,2),(3,4)),(1", "SELECT ((?,...),...),(?"},
		{"select 1,2,a,3,4", "SELECT ?,...,a,?,..."},
		{"select 1,,2", "SELECT ?,,?"},
		{"select a in(1),(2)", "SELECT a IN (?),..."},
		{"SET @a := 1, @@session.x = @'b c'", "SET @a:=?,@@session.x=@'b c'"},
		{"select a->>'$.b', a||b, a<=>b, a << 2, !a, ~ 1", "SELECT a->>?,a||b,a<=>b,a<<?,!a,~?"},
		{"select case when a then 1 else 2 end + 1", "SELECT CASE WHEN a THEN ? ELSE ? END +?"},
		{"select /*!50000 sql_no_cache */ 1 /*+ x */", "SELECT SQL_NO_CACHE ?"},
		{"select 1; ; select 2;", "SELECT ?; SELECT ?"},
		{"select date '2020-01-01' + interval 1 day", "SELECT date ?+ INTERVAL ? day"},
		{"select if(a,1,2), left(b,3), char(1), replace(a,1,2)", "SELECT IF(a,?,...),LEFT(b,?),CHAR(?),REPLACE(a,?,...)"},
		{"a:loop", "a: LOOP"},
		{"select * from t where a=? and b in (?,?)", "SELECT * FROM t WHERE a=? AND b IN (?,...)"},
		{"grant all on *.* to 'a'@'b'", "GRANT ALL ON * . * TO ? @'b'"},
		{"create table t (a varchar(10) not null default null)", "CREATE TABLE t(a VARCHAR (?) NOT NULL DEFAULT ?)"},
	} {
		if got := string(AppendText(nil, []byte(test.sql), 0)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.sql, got, test.want)
		}
		if again := string(AppendText(nil, []byte(test.want), 0)); again != test.want {
			t.Errorf("the normal form is not stable:\n%s\n%s", test.want, again)
		}
	}
	if got := string(AppendText([]byte("x: "), []byte(`select "a"`), AnsiQuotes)); got != `x: SELECT "a"` {
		t.Error(got)
	}
}

// The hash goes with the text: this is what configuration files have.
func TestHash(t *testing.T) {
	texts := map[uint64]string{}
	check := func(sql string) {
		text := string(AppendText(nil, []byte(sql), 0))
		hash := Scan([]byte(sql), 0).Hash
		if other, ok := texts[hash]; ok && other != text {
			t.Errorf("one hash for\n%s\n%s", other, text)
		}
		texts[hash] = text
		if again := Scan([]byte(text), 0).Hash; again != hash {
			t.Errorf("%s: hash %x, its normal form %s has %x", sql, hash, text, again)
		}
	}
	for _, test := range scanTests {
		check(test.sql)
	}
	for _, sql := range []string{"abcdefgh ij", "abcdefghij", "abcdefgh.ij", "ab cdefghij", "a b", "ab", "a,b", "a.b", "a b c", "ab c"} {
		check(sql)
	}
	for _, test := range []struct {
		sql  string
		hash uint64
	}{
		{"", 0x5061726B77617931},
		{pointSelect, 0x14B1A42A8ACF89A0},
		{"INSERT INTO a_long_table_name VALUES (1,'b'),(2,'c')", 0x81BB27E95E091D43},
	} {
		if got := Scan([]byte(test.sql), 0).Hash; got != test.hash {
			t.Errorf("hash of %q is %#016x, was %#016x", test.sql, got, test.hash)
		}
	}
}

func TestHashText(t *testing.T) {
	for _, hash := range []uint64{0, 1, 0xABCDEF0123456789, ^uint64(0)} {
		text := string(AppendHash(nil, hash))
		if len(text) != 18 || strings.ToUpper(text[2:]) != text[2:] {
			t.Errorf("%x is written %s", hash, text)
		}
	}
}
