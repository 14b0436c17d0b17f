package digest

import (
	"fmt"
	"testing"
)

func TestAssignedParams(t *testing.T) {
	for sql, want := range map[string]string{
		"SET @a = ?":                      "[0]",
		"set @a = ?, @b := ?":             "[0 1]",
		"SET @a = CONCAT('p', ?), @b = ?": "[1]",
		"SET @a = ? + 1, b = -?":          "[]",
		"SET @a = ? = ?":                  "[]",
		"SELECT @a := ?, ? FROM t":        "[0]",
		"SELECT '?', @a := ? FROM t":      "[0]",
		"SELECT a = ?":                    "[]",
		"UPDATE t SET a = ?":              "[]",
		"":                                "[]",
	} {
		got := []int{}
		AssignedParams([]byte(sql), 0, func(i int) { got = append(got, i) })
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", sql, got, want)
		}
	}
}
