// The peer of the web tests: an exporter of a few lines, made of the libraries that Prometheus' own exporters are made of. What it answers with a
// web configuration file is what godrift has to answer with the same file.
package main

import (
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

// Arguments: the addresses to listen at, with commas between them, and the web configuration file.
func main() {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewBuildInfoCollector(), collectors.NewGoCollector())
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	landing, err := web.NewLandingPage(web.LandingConfig{Name: "Peer", Links: []web.LandingLinks{{Address: "/metrics", Text: "Metrics"}}})
	if err != nil {
		panic(err)
	}
	mux.Handle("/", landing)
	addresses := strings.Split(os.Args[1], ",")
	systemd := false
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	flags := &web.FlagConfig{WebListenAddresses: &addresses, WebSystemdSocket: &systemd, WebConfigFile: &os.Args[2]}
	if err := web.ListenAndServe(&http.Server{Handler: mux}, flags, logger); err != nil {
		logger.Error("cannot serve", "err", err)
		os.Exit(1)
	}
}
