package figures

import (
	"bytes"
	"image/color"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

const (
	panelWidth  = 14 * vg.Centimeter
	panelHeight = 8.5 * vg.Centimeter
	margin      = vg.Centimeter / 2
)

// NewPanel returns a plot in the style of all of them: from 0 up, horizontal lines, the legend at the top.
func NewPanel() *plot.Plot {
	p := plot.New()
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

// PNG draws rows of panels, each row as long as the first.
func PNG(panels [][]*plot.Plot) ([]byte, error) {
	tiles := draw.Tiles{
		Rows: len(panels), Cols: len(panels[0]), PadX: 2 * margin, PadY: 2 * margin,
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
