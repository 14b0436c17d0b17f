package protocol

import (
	"fmt"
	"reflect"
	"testing"
)

func stateChanges(block []byte) (list []string, err error) {
	it := NewStateChanges(block)
	for it.Next() {
		c := it.Change()
		list = append(list, fmt.Sprintf("%d %s=%s", c.Type, c.Name, c.Value))
	}
	return list, it.Err()
}

func TestStateChanges(t *testing.T) {
	var block []byte
	for _, c := range []StateChange{
		{Type: TrackSystemVariables, Name: []byte("autocommit"), Value: []byte("ON")},
		{Type: TrackSchema, Value: []byte("app")},
		{Type: TrackStateChange, Value: []byte("1")},
		{Type: TrackGTIDs, Value: []byte("uuid:1-5")},
		{Type: TrackTransactionCharacteristics, Value: []byte("")},
		{Type: TrackTransactionState, Value: []byte("T_______")},
		{Type: 77, Value: []byte("raw")},
	} {
		block = c.Append(block)
	}
	want := []string{"0 autocommit=ON", "1 =app", "2 =1", "3 =uuid:1-5", "4 =", "5 =T_______", "77 =raw"}
	if got, err := stateChanges(block); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	// As MariaDB 10.11 and MySQL 9 send it after SET @a=1.
	if got, err := stateChanges(unhex(t, "02 01 31")); err != nil || !reflect.DeepEqual(got, []string{"2 =1"}) {
		t.Errorf("%q, %v", got, err)
	}
	// Two variables in one entry.
	if got, err := stateChanges(unhex(t, "00 08 0161 0131 0162 0132 01 02 0164")); err != nil || !reflect.DeepEqual(got, []string{"0 a=1", "0 b=2", "1 =d"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"00", "00 05 0161", "01 02 0261", "00 02 0161", "fe fb", "03 01 00"} {
		if got, err := stateChanges(unhex(t, bad)); err == nil {
			t.Errorf("%s: %q", bad, got)
		}
	}
}

// FuzzStateChanges: a walk ends, and what it gave comes back from its encoding.
func FuzzStateChanges(f *testing.F) {
	f.Add(unhex(f, "00 08 0161 0131 0162 0132 01 02 0164"))
	f.Add(unhex(f, "03 03 00 0161 4d 02 0102"))
	f.Fuzz(func(t *testing.T, block []byte) {
		var encoded []byte
		it := NewStateChanges(block)
		for it.Next() {
			c := it.Change()
			encoded = c.Append(encoded)
		}
		if it.Err() != nil {
			return
		}
		first, _ := stateChanges(block)
		second, err := stateChanges(encoded)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%q became %q, %v", first, second, err)
		}
	})
}
