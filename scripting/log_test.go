package scripting

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What a script writes is a line of the log, whatever it gives as fields.
func TestScriptLog(t *testing.T) {
	for _, test := range []struct{ call, fields string }{
		{`log.info("x", {n: 1, s: "ä\n\"", none: null, list: [1, {a: true}], big: 2n ** 70n})`, `"n":1,"s":"ä\n\"","none":null,"list":[1,{"a":true}],"big":1180591620717411303424`},
		{`log.info("x", {not: NaN, much: -Infinity, half: 0.5})`, `"not":"NaN","much":"-Inf","half":0.5`},
		{`log.info("x", {level: "l", time: 5, message: "m", script: 0, error: "e"})`, `"level_":"l","time_":5,"message_":"m","script_":0,"error":"e"`},
		{`log.info("x", {bytes: new Uint8Array([1, 2])})`, `"bytes":"AQI="`},
		{`log.info("x", 5)`, `"value":5`},
		{`log.info("x", [1], {a: 1})`, `"value":[1],"a":1`},
		{`log.info("x".repeat(1))`, ""},
	} {
		w := newWorld(t, Options{}, "function onQuery(q) { "+test.call+" }")
		w.ask(newQuery("SELECT 1"))
		said := w.said()
		want := fmt.Sprintf(`{"level":"info","script":true,%s,"message":"x"}`, test.fields)
		if got := strings.TrimSpace(said); got != strings.Replace(want, ",,", ",", 1) || !json.Valid([]byte(got)) {
			t.Errorf("%s: %s, want %s", test.call, got, want)
		}
	}
	for _, call := range []string{`let a = []; a.push(a); log.info("x", {a})`, `log.info("x", {f() {}})`} {
		w := newWorld(t, Options{}, "function onQuery(q) { "+call+" }")
		w.ask(newQuery("SELECT 1"))
		if said := w.said(); !strings.Contains(said, "TypeError: log: ") {
			t.Errorf("%s: %s", call, said)
		}
	}
}
