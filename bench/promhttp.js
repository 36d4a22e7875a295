// CPU of a scrape over HTTP, beside Go's own promhttp with the same series, the same compression and the same client, in turns: of a page that
// stays the same, and while one of 200 targets changes every second.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, untilPage } from './shared/exporter.js';
import { cpuSeconds, startFleet, untilQuiet } from './shared/fleet.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const count = 200;
/** Of the library that exporters in Go are built with. */
const clientVersion = 'v1.23.2';

const server = `package main

import (
	"encoding/json"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type family struct {
	Name   string
	Labels []string
	Rows   [][]string
}

func main() {
	var families []family
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := json.NewDecoder(file).Decode(&families); err != nil {
		panic(err)
	}
	registry := prometheus.NewRegistry()
	for _, f := range families {
		vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: f.Name, Help: f.Name}, f.Labels)
		for _, row := range f.Rows {
			vector.WithLabelValues(row...).Set(1)
		}
		registry.MustRegister(vector)
	}
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	panic(http.ListenAndServe(os.Args[2], nil))
}
`;

/** The series of a page by name and label names, as the peer takes them. */
function familiesOf(page) {
  const families = new Map();
  for (const line of page.split('\n')) {
    const series = /^([a-z_:][\w:]*)(?:\{(.*)\})? \S+$/i.exec(line);
    if (series === null) continue;
    const labels = [...(series[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    const names = labels.map((label) => label[1]);
    // A family whose series have different labels, as info metrics may, is several for the peer.
    const key = `${series[1]} ${names.join(' ')}`;
    const known = families.get(key) ?? {
      Name: `peer_${families.size}_${series[1]}`,
      Labels: names,
      Rows: [],
    };
    known.Rows.push(labels.map((label) => label[2]));
    families.set(key, known);
  }
  return [...families.values()];
}

/** Builds and starts the peer with the series of a page; answers its process and address. */
async function startPeer(page) {
  const folder = mkdtempSync(path.join(tmpdir(), 'godrift-bench-promhttp-'));
  writeFileSync(path.join(folder, 'main.go'), server);
  writeFileSync(path.join(folder, 'series.json'), JSON.stringify(familiesOf(page)));
  mkdirSync(path.join(folder, 'bin'));
  const go = (...args) => execFileSync('go', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  go('mod', 'init', 'example.com/peer');
  go('get', `github.com/prometheus/client_golang/prometheus/promhttp@${clientVersion}`);
  go('build', '-o', 'bin/peer', '.');
  const address = `127.0.0.1:${await freePort()}`;
  const peer = spawn(path.join(folder, 'bin/peer'), [path.join(folder, 'series.json'), address], {
    stdio: 'ignore',
  });
  const url = `http://${address}/metrics`;
  await untilPage(url, () => true, { everyMs: 50, limitMs: 60_000 });
  const ended = new Promise((resolve) => peer.once('exit', resolve));
  const stop = async () => {
    peer.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { pid: peer.pid, url, stop };
}

const agent = new http.Agent({ keepAlive: true });

/** One scrape as Prometheus makes it; answers the bytes on the wire. */
function scrape(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
      if (response.headers['content-encoding'] !== 'gzip') reject(new Error('not compressed'));
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve(bytes));
    });
    request.once('error', reject);
  });
}

/** CPU ms a scrape of each, over turns of `each` scrapes. */
async function cpuOf(exporters, turns, each) {
  const used = exporters.map(() => 0);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, { pid, url }] of exporters.entries()) {
      const before = cpuSeconds(pid);
      for (let made = 0; made < each; made++) await scrape(url);
      used[index] += cpuSeconds(pid) - before;
    }
  }
  return used.map((seconds) => (seconds * 1000) / (turns * each));
}

/** CPU ms a scrape while one target changes each second: what seconds with scrapes take beyond those without, in turns. */
async function cpuChanging({ pid, url, home, targets }, seconds, scrapes) {
  const used = [0, 0];
  for (let second = 0; second < 2 * seconds; second++) {
    const { name } = targets[second % targets.length];
    const before = cpuSeconds(pid);
    writeFileSync(path.join(home, `${name}.goenv`), `CGO_ENABLED=${second % 2}\n`);
    await delay(500);
    for (let made = 0; second % 2 === 1 && made < scrapes; made++) await scrape(url);
    await delay(500);
    used[second % 2] += cpuSeconds(pid) - before;
  }
  return ((used[1] - used[0]) * 1000) / (seconds * scrapes);
}

const milliseconds = (ms) => `${ms.toFixed(2)} ms`;

export default {
  name: 'promhttp',
  async run() {
    if (process.platform !== 'linux') return [];
    const exporter = await startFleet(program, count, { interval: '1h' });
    let peer;
    try {
      const page = await (await fetch(exporter.url)).text();
      const series = page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
      peer = await startPeer(page);
      await untilQuiet(exporter.pid, 0.02);
      await cpuOf([exporter, peer], 1, 20);
      const [own, theirs] = await cpuOf([exporter, peer], 10, 40);
      const changing = await cpuChanging(exporter, 30, 5);
      const row = (what, value, budget) => ({
        what,
        value: milliseconds(value),
        peer: `promhttp ${milliseconds(theirs)}`,
        ratio: value / theirs,
        budget: `<= ${budget}`,
        ok: value / theirs <= budget,
      });
      return [
        row(`CPU a scrape, ${series} series, nothing changes`, own, 0.02),
        row('the same while one of them changes every second', changing, 0.1),
      ];
    } finally {
      await peer?.stop();
      await exporter.stop();
    }
  },
};
