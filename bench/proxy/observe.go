package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parkway/bench/servers/process"
)

// CPU is the time the process has spent, user and system, to the nanosecond.
func (p *Proxy) CPU() (time.Duration, error) { return p.process.CPU() }

// RSS is the process's resident memory in bytes.
func (p *Proxy) RSS() (int64, error) {
	s, err := p.process.Stat()
	return s.RSS, err
}

// Memory is what the process has resident.
func (p *Proxy) Memory() (process.Memory, error) { return p.process.Memory() }

// Descriptors counts the process's open file descriptors.
func (p *Proxy) Descriptors() (int, error) { return p.process.Descriptors() }

// Health is the status code of /healthz: 200 serving, 503 draining.
func (p *Proxy) Health(ctx context.Context) (int, error) {
	response, err := p.get(ctx, "/healthz")
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// Get is the body of a page of the proxy's HTTP server, like "/debug/pprof/goroutine?debug=1".
func (p *Proxy) Get(ctx context.Context, path string) ([]byte, error) {
	response, err := p.get(ctx, path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

// Metrics reads /metrics: values by name with labels, as in the text:
// `parkway_queries_total{hostgroup="10"}`.
func (p *Proxy) Metrics(ctx context.Context) (map[string]float64, error) {
	text, err := p.Get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	values, err := parseMetrics(string(text))
	if err != nil {
		return nil, fmt.Errorf("/metrics: %w", err)
	}
	return values, nil
}

func (p *Proxy) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.HTTP+path, nil)
	if err != nil {
		return nil, err
	}
	return p.client.Do(request)
}

// parseMetrics reads Prometheus's text format without timestamps, which parkway
// does not write.
func parseMetrics(text string) (map[string]float64, error) {
	values := make(map[string]float64)
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		// A label's value may hold spaces; the number after the last one does not.
		end := strings.LastIndexByte(line, ' ')
		if end < 0 {
			return nil, fmt.Errorf("cannot read %q", line)
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("cannot read %q: %w", line, err)
		}
		values[line[:end]] = value
	}
	return values, lines.Err()
}
