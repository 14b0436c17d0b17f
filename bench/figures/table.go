// Package figures writes what benches have measured: medians, tables, plots, and where it was measured.
package figures

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is a head and rows, each of the same width.
type Table [][]string

// Markdown writes the table so that it reads well as plain text too. The first columns, up to text of them, are aligned
// left, the others, numbers, right.
func (t Table) Markdown(text int) string {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, field := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(field), 3)
		}
	}
	var b strings.Builder
	for n, row := range t {
		for i, field := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(field))
			if i < text {
				b.WriteString("| " + field + pad + " ")
			} else {
				b.WriteString("| " + pad + field + " ")
			}
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			rule := strings.Repeat("-", width)
			if i < text {
				b.WriteString("| " + rule + " ")
			} else {
				b.WriteString("| " + rule[1:] + ": ")
			}
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// Count writes a number without decimals, in groups of three digits.
func Count(x float64) string {
	digits := strconv.FormatFloat(math.Abs(x), 'f', 0, 64)
	sign := ""
	if x < 0 && digits != "0" {
		sign = "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Decimals writes a number with one decimal, "-" for NaN: not measured.
func Decimals(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'f', 1, 64)
}

// Hundredths writes a number with two decimals, "-" for NaN: not measured.
func Hundredths(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// WithRange writes a spread with the given writer of numbers: "median (low to high)", only the median when there is
// nothing between low and high, or everything: a Confidence of too few values.
func WithRange(s Spread, write func(float64) string) string {
	if math.IsNaN(s.Median) || s.Low == s.High || math.IsInf(s.Low, -1) {
		return write(s.Median)
	}
	return fmt.Sprintf("%s (%s to %s)", write(s.Median), write(s.Low), write(s.High))
}
