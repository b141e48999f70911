package main

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// The picture: latency to the right, and downwards the share of requests that
// take at least as long, both in powers of ten. A curve further left is faster;
// how far down it stays left is what the tail is about.
const (
	plotWidth, plotHeight          = 760, 430
	plotLeft, plotRight            = 84, 28 // margins
	plotTop, plotBottom            = 88, 56
	plotText, plotFaint, plotGrid  = "#1f2933", "#5f6c7b", "#e3e7ec"
	plotPlainColor, plotTasksColor = "#c2410c", "#1d4ed8"
)

// axes maps latencies and shares to places in the picture.
type axes struct {
	x0, x1 float64 // powers of ten, of nanoseconds
	y1     float64 // power of ten at the bottom; the top is 1
}

func (a axes) x(d time.Duration) float64 {
	f := (math.Log10(float64(max(d, 1))) - a.x0) / (a.x1 - a.x0)
	return plotLeft + f*(plotWidth-plotLeft-plotRight)
}

func (a axes) y(share float64) float64 {
	return plotTop + math.Log10(share)/a.y1*(plotHeight-plotTop-plotBottom)
}

// curve is one half's line.
type curve struct {
	*result
	color string
}

// svg draws the distributions of all halves that have requests.
func (r *report) svg() []byte {
	var curves []curve
	for _, c := range []curve{{r.Plain, plotPlainColor}, {r.Kernel, plotTasksColor}} {
		if c.result != nil && len(c.sorted) > 0 {
			curves = append(curves, c)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" fill="%s">`+"\n", plotWidth, plotHeight, plotText)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	text(&b, plotLeft, 28, `font-size="17" font-weight="600"`, r.title())
	text(&b, plotLeft, 48, `fill="`+plotFaint+`"`, fmt.Sprintf("%d requests/s, measured from each one's intended arrival; %d CPUs, %s", r.Rate, r.CPUs, r.Go))
	x := float64(plotLeft)
	for _, c := range curves { // the legend
		fmt.Fprintf(&b, `<path d="M%.1f 66h22" stroke="%s" stroke-width="3"/>`+"\n", x, c.color)
		text(&b, x+29, 70.5, "", c.Name)
		x += 60 + 7*float64(len(c.Name))
	}
	a := axesFor(curves)
	a.grid(&b)
	for _, c := range curves {
		a.line(&b, c)
	}
	for _, c := range curves {
		a.points(&b, c)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (r *report) title() string {
	if r.Mode == "queue" {
		return "A queue served beside loops that never yield"
	}
	return "An HTTP/JSON service beside compression in the same process"
}

// axesFor chooses whole powers of ten around all that is drawn.
func axesFor(curves []curve) axes {
	a := axes{x0: math.Inf(1), x1: math.Inf(-1), y1: -2}
	for _, c := range curves {
		n := len(c.sorted)
		a.x0 = min(a.x0, math.Floor(math.Log10(float64(max(c.sorted[0], 1)))))
		a.x1 = max(a.x1, math.Ceil(math.Log10(float64(max(c.sorted[n-1], 1)))))
		a.y1 = min(a.y1, math.Floor(-math.Log10(float64(n))))
	}
	if len(curves) == 0 {
		a.x0, a.x1 = 3, 9
	}
	a.x1 = max(a.x1, a.x0+1)
	return a
}

// grid draws lines and labels for both axes.
func (a axes) grid(b *strings.Builder) {
	const right, bottom = plotWidth - plotRight, plotHeight - plotBottom
	for e := a.x0; e <= a.x1; e++ {
		d := time.Duration(math.Pow(10, e))
		x := a.x(d)
		fmt.Fprintf(b, `<path d="M%.1f %dV%d" stroke="%s"/>`+"\n", x, plotTop, bottom, plotGrid)
		text(b, x, bottom+19, `text-anchor="middle" fill="`+plotFaint+`"`, round(d))
	}
	for e := 0.0; e >= a.y1; e-- {
		share := math.Pow(10, e)
		y := a.y(share)
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="%s"/>`+"\n", plotLeft, y, right, plotGrid)
		text(b, plotLeft-9, y+4.5, `text-anchor="end" fill="`+plotFaint+`"`, fmt.Sprintf("%g %%", 100*share))
	}
	text(b, (plotLeft+right)/2, plotHeight-14, `text-anchor="middle"`, "latency")
	text(b, 0, 0, fmt.Sprintf(`text-anchor="middle" transform="translate(20 %d) rotate(-90)"`, (plotTop+bottom)/2), "requests that take at least as long")
}

// line draws c's steps: at each of some hundred ranks, dense where the tail is.
func (a axes) line(b *strings.Builder, c curve) {
	n := len(c.sorted)
	fmt.Fprintf(b, `<path fill="none" stroke="%s" stroke-width="2.5" stroke-linejoin="round" d="M%.1f %.1f`, c.color, a.x(c.sorted[0]), a.y(1))
	for slower := float64(n); slower >= 1; slower = min(slower-1, slower/1.02) {
		rest := int(slower) // requests at least as slow as this one
		fmt.Fprintf(b, "H%.1fV%.1f", a.x(c.sorted[n-rest]), a.y(float64(rest)/float64(n)))
	}
	b.WriteString("\"/>\n")
}

// points marks c's percentiles and writes their values beside them.
func (a axes) points(b *strings.Builder, c curve) {
	for _, p := range []struct {
		share float64
		at    time.Duration
	}{{.5, c.P50}, {.01, c.P99}, {.001, c.P999}} {
		if float64(len(c.sorted))*p.share < 2 {
			continue // one request is no percentile
		}
		x, y := a.x(p.at), a.y(p.share)
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="#fff" stroke-width="1.5"/>`+"\n", x, y, c.color)
		anchor := "start"
		if x += 10; x > plotWidth-plotRight-90 { // no room on the right
			x, anchor = x-20, "end"
		}
		text(b, x, y-5, fmt.Sprintf(`text-anchor="%s" fill="%s" font-size="12" stroke="#fff" stroke-width="3" paint-order="stroke"`, anchor, c.color),
			fmt.Sprintf("p%g %s", 100-100*p.share, round(p.at)))
	}
}

func text(b *strings.Builder, x, y float64, attrs, s string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attrs, html.EscapeString(s))
}

// round formats d with two digits and the unit that fits.
func round(d time.Duration) string {
	unit, name := time.Nanosecond, "ns"
	switch {
	case d >= time.Second:
		unit, name = time.Second, "s"
	case d >= time.Millisecond:
		unit, name = time.Millisecond, "ms"
	case d >= time.Microsecond:
		unit, name = time.Microsecond, "µs"
	}
	v := float64(d) / float64(unit)
	if v >= 100 {
		return fmt.Sprintf("%.0f %s", v, name)
	}
	return fmt.Sprintf("%.2g %s", v, name)
}
