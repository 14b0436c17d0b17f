package main

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"parkway/bench/figures"
)

// colors of the targets.
var colors = map[string]color.Color{
	direct:     color.RGBA{150, 150, 150, 255},
	parkway:    color.RGBA{213, 94, 0, 255},
	parkwayOld: color.RGBA{240, 178, 122, 255},
	shared:     color.RGBA{0, 158, 115, 255},
	unruled:    color.RGBA{0, 158, 115, 255},
	ruled:      color.RGBA{86, 180, 233, 255},
	unscripted: color.RGBA{0, 158, 115, 255},
	pure:       color.RGBA{86, 180, 233, 255},
	plain:      color.RGBA{213, 94, 0, 255},
	beside:     color.RGBA{204, 121, 167, 255},
	offload:    color.RGBA{240, 228, 66, 255},
	haproxy:    color.RGBA{0, 114, 178, 255},
}

// plot draws a column of panels for each workload and protocol, queries per second above CPU per query, with a group of
// bars for each number of threads, and returns the PNG.
func (r report) plot() ([]byte, error) {
	kinds := []struct {
		title string
		of    func(summary) figures.Spread
	}{
		{"queries per second", func(s summary) figures.Spread { return s.qps }},
		{"CPU of the proxy per query, \u00b5s", func(s summary) figures.Spread { return s.cpu }},
	}
	var panels [][]*plot.Plot
	for _, kind := range kinds {
		var row []*plot.Plot
		for _, workload := range r.options.workloads {
			for _, psMode := range r.options.psModes {
				l := load{workload: workload, psMode: psMode}
				p, err := r.panel(l, kind.of)
				if err != nil {
					return nil, err
				}
				p.Title.Text = fmt.Sprintf("%s, %s: %s", l.workload, l.protocol(), kind.title)
				row = append(row, p)
			}
		}
		panels = append(panels, row)
	}
	return figures.PNG(panels)
}

// panel draws one figure of a load with any number of threads, without the targets that do not have it.
func (r report) panel(l load, of func(summary) figures.Spread) (*plot.Plot, error) {
	threads := r.options.threads
	p := newPanel(threads)
	at := func(n int, target string) figures.Spread {
		return of(r.cells[cell{load{l.workload, l.psMode, n}, target}])
	}
	shown := slices.DeleteFunc(slices.Clone(r.options.targets), func(target string) bool {
		return math.IsNaN(at(threads[0], target).Median)
	})
	const group = 0.8 // of the distance between two numbers of threads
	width := group / float64(len(shown))
	for i, target := range shown {
		for j, n := range threads {
			left := float64(j) - group/2 + float64(i)*width
			bar, whisker, err := newBar(left, left+width, at(n, target))
			if err != nil {
				return nil, err
			}
			bar.Color = colors[target]
			p.Add(bar, whisker)
			if j == 0 {
				p.Legend.Add(target, bar)
			}
		}
	}
	p.X.Min, p.X.Max = -0.5, float64(len(threads))-0.5
	p.Y.Max *= 1.35 // room for the legend
	return p, nil
}

// newPanel returns a panel without bars: number i of threads is at x = i.
func newPanel(threads []int) *plot.Plot {
	p := figures.NewPanel()
	p.X.Label.Text = "threads"
	labels := make([]string, len(threads))
	for i, n := range threads {
		labels[i] = strconv.Itoa(n)
	}
	p.NominalX(labels...)
	return p
}

// newBar draws a bar up to the median, and a whisker from the lowest to the highest round.
func newBar(left, right float64, s figures.Spread) (*plotter.Polygon, *plotter.Line, error) {
	bar, err := plotter.NewPolygon(plotter.XYs{{X: left}, {X: left, Y: s.Median}, {X: right, Y: s.Median}, {X: right}})
	if err != nil {
		return nil, nil, err
	}
	bar.LineStyle.Width = 0
	middle := (left + right) / 2
	whisker, err := plotter.NewLine(plotter.XYs{{X: middle, Y: s.Low}, {X: middle, Y: s.High}})
	return bar, whisker, err
}
