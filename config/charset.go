package config

import "strings"

// CharsetID returns the collation id that stands for a character set in the handshake, which has one byte for it. name
// is a character set (its default collation is meant) or a collation, spelt as in the server's
// information_schema.COLLATIONS, in small letters. Character sets that a client can't use (ucs2, utf16, utf16le, utf32)
// and collations whose id needs more than a byte are not known.
func CharsetID(name string) (id byte, ok bool) {
	if rest, old := strings.CutPrefix(name, "utf8"); old && (rest == "" || rest[0] == '_') {
		name = "utf8mb3" + rest // MariaDB's name, and MySQL's up to 8.0.
	}
	id, ok = charsetIDs[name]
	return id, ok
}

// charsetIDs has MySQL's ids; MariaDB's are the same where it has the collation. utf8mb4 stands for utf8mb4_general_ci,
// which every server knows, not for the default of MySQL 8 (255).
var charsetIDs = map[string]byte{
	"utf8mb4": 45, "utf8mb4_general_ci": 45, "utf8mb4_bin": 46, "utf8mb4_unicode_ci": 224,
	"utf8mb4_icelandic_ci": 225, "utf8mb4_latvian_ci": 226, "utf8mb4_romanian_ci": 227, "utf8mb4_slovenian_ci": 228,
	"utf8mb4_polish_ci": 229, "utf8mb4_estonian_ci": 230, "utf8mb4_spanish_ci": 231, "utf8mb4_swedish_ci": 232,
	"utf8mb4_turkish_ci": 233, "utf8mb4_czech_ci": 234, "utf8mb4_danish_ci": 235, "utf8mb4_lithuanian_ci": 236,
	"utf8mb4_slovak_ci": 237, "utf8mb4_spanish2_ci": 238, "utf8mb4_roman_ci": 239, "utf8mb4_persian_ci": 240,
	"utf8mb4_esperanto_ci": 241, "utf8mb4_hungarian_ci": 242, "utf8mb4_sinhala_ci": 243, "utf8mb4_german2_ci": 244,
	"utf8mb4_unicode_520_ci": 246, "utf8mb4_vietnamese_ci": 247, "utf8mb4_0900_ai_ci": 255,
	"utf8mb3": 33, "utf8mb3_general_ci": 33, "utf8mb3_bin": 83, "utf8mb3_unicode_ci": 192,
	"utf8mb3_icelandic_ci": 193, "utf8mb3_latvian_ci": 194, "utf8mb3_romanian_ci": 195, "utf8mb3_slovenian_ci": 196,
	"utf8mb3_polish_ci": 197, "utf8mb3_estonian_ci": 198, "utf8mb3_spanish_ci": 199, "utf8mb3_swedish_ci": 200,
	"utf8mb3_turkish_ci": 201, "utf8mb3_czech_ci": 202, "utf8mb3_danish_ci": 203, "utf8mb3_lithuanian_ci": 204,
	"utf8mb3_slovak_ci": 205, "utf8mb3_spanish2_ci": 206, "utf8mb3_roman_ci": 207, "utf8mb3_persian_ci": 208,
	"utf8mb3_esperanto_ci": 209, "utf8mb3_hungarian_ci": 210, "utf8mb3_sinhala_ci": 211, "utf8mb3_german2_ci": 212,
	"utf8mb3_unicode_520_ci": 214, "utf8mb3_vietnamese_ci": 215,
	"latin1": 8, "latin1_german1_ci": 5, "latin1_swedish_ci": 8, "latin1_danish_ci": 15, "latin1_german2_ci": 31,
	"latin1_bin": 47, "latin1_general_ci": 48, "latin1_general_cs": 49, "latin1_spanish_ci": 94,
	"ascii": 11, "ascii_general_ci": 11, "ascii_bin": 65,
	"binary":   63,
	"armscii8": 32, "armscii8_general_ci": 32, "armscii8_bin": 64,
	"big5": 1, "big5_chinese_ci": 1, "big5_bin": 84,
	"cp1250": 26, "cp1250_general_ci": 26, "cp1250_czech_cs": 34, "cp1250_croatian_ci": 44, "cp1250_bin": 66,
	"cp1250_polish_ci": 99,
	"cp1251":           51, "cp1251_bulgarian_ci": 14, "cp1251_ukrainian_ci": 23, "cp1251_bin": 50, "cp1251_general_ci": 51,
	"cp1251_general_cs": 52,
	"cp1256":            57, "cp1256_general_ci": 57, "cp1256_bin": 67,
	"cp1257": 59, "cp1257_lithuanian_ci": 29, "cp1257_bin": 58, "cp1257_general_ci": 59,
	"cp850": 4, "cp850_general_ci": 4, "cp850_bin": 80,
	"cp852": 40, "cp852_general_ci": 40, "cp852_bin": 81,
	"cp866": 36, "cp866_general_ci": 36, "cp866_bin": 68,
	"cp932": 95, "cp932_japanese_ci": 95, "cp932_bin": 96,
	"dec8": 3, "dec8_swedish_ci": 3, "dec8_bin": 69,
	"eucjpms": 97, "eucjpms_japanese_ci": 97, "eucjpms_bin": 98,
	"euckr": 19, "euckr_korean_ci": 19, "euckr_bin": 85,
	"gb18030": 248, "gb18030_chinese_ci": 248, "gb18030_bin": 249, "gb18030_unicode_520_ci": 250,
	"gb2312": 24, "gb2312_chinese_ci": 24, "gb2312_bin": 86,
	"gbk": 28, "gbk_chinese_ci": 28, "gbk_bin": 87,
	"geostd8": 92, "geostd8_general_ci": 92, "geostd8_bin": 93,
	"greek": 25, "greek_general_ci": 25, "greek_bin": 70,
	"hebrew": 16, "hebrew_general_ci": 16, "hebrew_bin": 71,
	"hp8": 6, "hp8_english_ci": 6, "hp8_bin": 72,
	"keybcs2": 37, "keybcs2_general_ci": 37, "keybcs2_bin": 73,
	"koi8r": 7, "koi8r_general_ci": 7, "koi8r_bin": 74,
	"koi8u": 22, "koi8u_general_ci": 22, "koi8u_bin": 75,
	"latin2": 9, "latin2_czech_cs": 2, "latin2_general_ci": 9, "latin2_hungarian_ci": 21, "latin2_croatian_ci": 27,
	"latin2_bin": 77,
	"latin5":     30, "latin5_turkish_ci": 30, "latin5_bin": 78,
	"latin7": 41, "latin7_estonian_cs": 20, "latin7_general_ci": 41, "latin7_general_cs": 42, "latin7_bin": 79,
	"macce": 38, "macce_general_ci": 38, "macce_bin": 43,
	"macroman": 39, "macroman_general_ci": 39, "macroman_bin": 53,
	"sjis": 13, "sjis_japanese_ci": 13, "sjis_bin": 88,
	"swe7": 10, "swe7_swedish_ci": 10, "swe7_bin": 82,
	"tis620": 18, "tis620_thai_ci": 18, "tis620_bin": 89,
	"ujis": 12, "ujis_japanese_ci": 12, "ujis_bin": 91,
}
