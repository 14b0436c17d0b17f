package main

import (
	"bytes"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// colors of the targets.
var colors = map[string]color.Color{
	direct:     color.RGBA{150, 150, 150, 255},
	parkway:    color.RGBA{213, 94, 0, 255},
	parkwayOld: color.RGBA{240, 178, 122, 255},
	unruled:    color.RGBA{0, 158, 115, 255},
	ruled:      color.RGBA{86, 180, 233, 255},
	haproxy:    color.RGBA{0, 114, 178, 255},
}

const (
	panelWidth  = 14 * vg.Centimeter
	panelHeight = 8.5 * vg.Centimeter
	margin      = vg.Centimeter / 2
)

// plot draws a column of panels for each workload, queries per second above CPU per query, with a group of bars for each
// number of threads, and returns the PNG.
func (r report) plot() ([]byte, error) {
	figures := []struct {
		title string
		of    func(summary) spread
	}{{"queries per second", qpsOf}, {"CPU of the proxy per query, \u00b5s", cpuOf}}
	var panels [][]*plot.Plot
	for _, figure := range figures {
		var row []*plot.Plot
		for _, workload := range r.options.workloads {
			p, err := r.panel(workload, figure.of)
			if err != nil {
				return nil, err
			}
			p.Title.Text = workload + ": " + figure.title
			row = append(row, p)
		}
		panels = append(panels, row)
	}
	tiles := draw.Tiles{
		Rows: len(figures), Cols: len(r.options.workloads), PadX: 2 * margin, PadY: 2 * margin,
		PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: margin,
	}
	img := vgimg.New(panelWidth*vg.Length(tiles.Cols), panelHeight*vg.Length(tiles.Rows))
	for i, row := range plot.Align(panels, tiles, draw.New(img)) {
		for j, canvas := range row {
			panels[i][j].Draw(canvas)
		}
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// panel draws one figure of one workload, without the targets that do not have it.
func (r report) panel(workload string, of func(summary) spread) (*plot.Plot, error) {
	threads := slices.Sorted(slices.Values(r.options.threads))
	p := newPanel(threads)
	shown := slices.DeleteFunc(slices.Clone(r.options.targets), func(target string) bool {
		return math.IsNaN(of(r.cells[cell{workload, threads[0], target}]).median)
	})
	const group = 0.8 // of the distance between two numbers of threads
	width := group / float64(len(shown))
	for i, target := range shown {
		for j, n := range threads {
			left := float64(j) - group/2 + float64(i)*width
			bar, whisker, err := newBar(left, left+width, of(r.cells[cell{workload, n, target}]))
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
	p := plot.New()
	p.X.Label.Text = "threads"
	labels := make([]string, len(threads))
	for i, n := range threads {
		labels[i] = strconv.Itoa(n)
	}
	p.NominalX(labels...)
	p.Y.Min = 0
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		ticks := plot.DefaultTicks{}.Ticks(low, high)
		for i := range ticks {
			if !ticks[i].IsMinor() {
				ticks[i].Label = strconv.FormatFloat(ticks[i].Value, 'g', 6, 64) // without "25000.00"
			}
		}
		return ticks
	})
	p.Legend.Top = true
	p.Legend.Padding = vg.Millimeter
	for _, style := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = color.Gray{220}
	p.Add(grid)
	return p
}

// newBar draws a bar up to the median, and a whisker from the lowest to the highest round.
func newBar(left, right float64, s spread) (*plotter.Polygon, *plotter.Line, error) {
	bar, err := plotter.NewPolygon(plotter.XYs{{X: left}, {X: left, Y: s.median}, {X: right, Y: s.median}, {X: right}})
	if err != nil {
		return nil, nil, err
	}
	bar.LineStyle.Width = 0
	middle := (left + right) / 2
	whisker, err := plotter.NewLine(plotter.XYs{{X: middle, Y: s.low}, {X: middle, Y: s.high}})
	return bar, whisker, err
}
