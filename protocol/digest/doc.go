// Package digest reads a SQL text once and says what a proxy must know of it: what kind of statement it is, what in it
// ties the session to its connection, and a hash that is the same for texts that differ in literals, white space,
// comments and the case of keywords only. It knows no grammar: it recognises tokens as the servers' own lexers do
// (MySQL 5.7 to 9, MariaDB 10 and later), and from the order of a few of them concludes the rest. It does no I/O, keeps
// nothing, and all of it may be called on any thread.
//
// # What is certain and what is not
//
// A flag says that a statement may do something. In doubt it is set, so that the worst that comes of a mistake is a
// connection kept for one client. What the server does not see is not counted: comments, literals, quoted names,
// columns and tables that are named like functions. What it may see is counted: the content of executable comments
// whatever their version (see ExecutableComment). Nothing can be known of code that is not in the text: stored
// routines (VerbCall, stored functions, triggers) and prepared texts (ExecuteStmt).
//
// The bodies of routines (CREATE PROCEDURE, FUNCTION, TRIGGER, EVENT, PACKAGE) are not parsed. Since it cannot be told
// which semicolon ends the body, all the text up to its end counts as one statement, MultiStatement is set if anything
// follows a semicolon, and what follows is searched for flags as if it ran now: too many flags rather than too few.
// Compound statements outside routines (MariaDB's BEGIN NOT ATOMIC, IF, LOOP, labels) are treated the same way and have
// the flag Compound.
//
// # The normal form
//
// AppendText writes the normal form, Info.Hash is a hash of it. Hashes appear in configuration files, so neither may
// change between versions. The text is a sequence of tokens:
//
//   - A literal (number, string, hexadecimal and bit literal, placeholder, NULL unless after IS, NOT or SET) is "?",
//     with its introducer (_utf8mb4'x') and its sign, unless an operand or another sign stands before the sign.
//     Adjacent strings are one literal. TRUE and FALSE are keywords.
//   - Two or more literals separated by commas are "?,...". Two or more parenthesised rows of nothing but literals are
//     the first row and ",...", if all are "(?)" or all are "(?,...)".
//   - Words of the keyword table are in upper case, unless they follow a dot. Other words and quoted names are as they
//     were written: names of tables differ by case on most servers.
//   - Comments are gone. The content of executable comments is there like any other text. Empty statements, and so the
//     semicolon at the end, are gone.
//   - One blank stands between words, operands and closing parentheses that follow one another, around keywords,
//     between two operators, after a semicolon, and before a parenthesis that follows a keyword which is no function.
//     Nothing stands around dots, commas, operators between operands, and inside parentheses.
//
// So "select c from `t` where id in (1, 2,3) and n=-5" is "SELECT c FROM `t` WHERE id IN (?,...) AND n=?". The normal
// form of a normal form is itself.
package digest
