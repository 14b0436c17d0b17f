// Package hostile has no code of its own: its tests run the real program under
// conditions that no client and no server should make, and show that it stays
// small, answers in time and disturbs nobody else.
package hostile
