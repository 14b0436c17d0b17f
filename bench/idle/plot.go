package main

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"parkway/bench/figures"
)

// colors of the modes.
var colors = map[mode]color.Color{parking: color.RGBA{213, 94, 0, 255}, unparking: color.RGBA{0, 114, 178, 255}}

// plot draws the sweep: memory and heap above CPU and latency, against the number of clients, with a line for each mode and a whisker for the
// confidence interval of what was measured more than once.
func (r report) plot() ([]byte, error) {
	const mib = 1 << 20
	var rows [][]*plot.Plot
	for _, row := range [][]struct {
		title string
		unit  float64
		of    func(point) figures.Spread
		flat  bool // 1 is nothing more than without them
	}{
		{
			{"resident memory beyond the empty proxy, MiB", mib, func(p point) figures.Spread { return certain(p.rss) }, false},
			{"live heap beyond the empty proxy, MiB", mib, func(p point) figures.Spread { return certain(p.heap) }, false},
		},
		{
			{"CPU for a query of a busy client, x what it takes alone (dashed: flat)", 1, func(p point) figures.Spread { return p.times.cpu }, true},
			{"median latency of a busy client, x what it is alone (dashed: flat)", 1, func(p point) figures.Spread { return p.times.p50 }, true},
		},
		{
			{"CPU of the proxy while nobody asks, % of a core", 1, func(p point) figures.Spread { return certain(p.quiet) }, false},
			{"CPU of one without quiet clients meanwhile, % of a core", 1, func(p point) figures.Spread { return certain(p.quietAlone) }, false},
		},
	} {
		var panels []*plot.Plot
		for _, figure := range row {
			panel, err := r.panel(figure.unit, figure.of)
			if err != nil {
				return nil, err
			}
			panel.Title.Text = figure.title
			if figure.flat {
				if err := r.addFlat(panel); err != nil {
					return nil, err
				}
			}
			panels = append(panels, panel)
		}
		rows = append(rows, panels)
	}
	return figures.PNG(rows)
}

// addFlat draws where a ratio would be that no number of clients changes.
func (r report) addFlat(p *plot.Plot) error {
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 1}, {X: float64(slices.Max(r.options.counts)), Y: 1}})
	if err != nil {
		return err
	}
	line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	line.Color = color.Gray{110}
	p.Add(line)
	return nil
}

// ticks are 0 and the numbers of clients, but those that would be written over others.
func (r report) ticks() plot.ConstantTicks {
	const apart = 0.1 // of the axis, at least
	most := slices.Max(r.options.counts)
	ticks := plot.ConstantTicks{{Label: "0"}}
	for _, n := range r.options.counts {
		if float64(n)-ticks[len(ticks)-1].Value >= apart*float64(most) {
			ticks = append(ticks, plot.Tick{Value: float64(n), Label: count(n)})
		}
	}
	return ticks
}

// certain is what was measured once.
func certain(x float64) figures.Spread { return figures.Spread{Median: x, Low: x, High: x} }

// panel draws one figure, in that unit.
func (r report) panel(unit float64, of func(point) figures.Spread) (*plot.Plot, error) {
	p := figures.NewPanel()
	p.X.Label.Text = "quiet clients"
	p.X.Min = 0
	p.X.Tick.Marker = r.ticks()
	for _, m := range r.options.modes {
		var medians plotter.XYs
		for _, at := range r.points {
			if at.mode != m {
				continue
			}
			x, s := float64(at.clients), of(at)
			medians = append(medians, plotter.XY{X: x, Y: s.Median / unit})
			whisker, err := plotter.NewLine(plotter.XYs{{X: x, Y: s.Low / unit}, {X: x, Y: s.High / unit}})
			if err != nil {
				return nil, err
			}
			whisker.Color = colors[m]
			p.Add(whisker)
		}
		line, dots, err := plotter.NewLinePoints(medians)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colors[m], vg.Points(1.5)
		dots.Color, dots.Shape = colors[m], draw.CircleGlyph{}
		p.Add(line, dots)
		p.Legend.Add("idle_loops "+string(m), line, dots)
	}
	p.Y.Min = min(p.Y.Min, 0)
	p.Y.Max = max(p.Y.Max*1.35, 0.1) // room for the legend
	p.X.Max *= 1.05
	return p, nil
}
