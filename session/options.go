package session

import (
	"strings"

	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// charsetOptions are the character sets whose second bytes may look like
// quotes and backslashes.
var charsetOptions = map[string]digest.Options{
	"gbk": digest.DoubleByte, "gb18030": digest.DoubleByte, "big5": digest.DoubleByte,
	"sjis": digest.ShiftJIS, "cp932": digest.ShiftJIS,
}

// optionsOf are the scanner's options for a session with these variables.
func optionsOf(vars *sysvar.Set) (o digest.Options) {
	if mode, ok := vars.Get("sql_mode"); ok {
		for m := range strings.SplitSeq(mode, ",") {
			switch m {
			case "ANSI_QUOTES":
				o |= digest.AnsiQuotes
			case "NO_BACKSLASH_ESCAPES":
				o |= digest.NoBackslashEscapes
			}
		}
	}
	charset, _ := vars.Get("character_set_client")
	return o | charsetOptions[charset]
}
