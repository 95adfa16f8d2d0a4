#!/usr/bin/env python3
"""Measures `kubevitals state` on a simulated cluster, alone or side by side with kube-state-metrics.

usage: bench/state.py [--binary build/release/kubevitals] [--pods 10000] [--ksm PATH] [--json FILE]

For each server in turn, against the same simulator: CPU and time from start until everything is rendered, resident
memory then and its peak so far, CPU and time of gzip and plain scrapes with nothing changed, of a gzip scrape after
1 % of the pods changed, bytes, and CPU for each 1,000 events. CPU is the server's own (user and system), read from
/proc; times are the client's. With --ksm the last column is kube-state-metrics divided by kubevitals.
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib

RESOURCES = 'pods,nodes,namespaces,deployments,replicasets,services'
TICK = os.sysconf('SC_CLK_TCK')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Process:
    """A server under measurement."""

    def __init__(self, arguments, log):
        self.log = open(log, 'w')
        self.started = time.monotonic()
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=subprocess.STDOUT)

    def cpu(self):
        """User and system seconds so far."""
        with open(f'/proc/{self.process.pid}/stat') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self, name):
        """VmRSS or VmHWM in bytes."""
        with open(f'/proc/{self.process.pid}/status') as file:
            for line in file:
                if line.startswith(name + ':'):
                    return int(line.split()[1]) * 1024
        raise RuntimeError(f'no {name}')

    def wait_for_port(self, port, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f'{self.process.args[0]} ended: {open(self.log.name).read()[-2000:]}')
            with contextlib.suppress(OSError):
                socket.create_connection(('127.0.0.1', port), 1).close()
                return
            time.sleep(0.02)
        raise RuntimeError(f'nothing listens on port {port}')

    def wait_until_idle(self, quiet=2.0, limit=600):
        """Waits until less than 3 % of a core was used for `quiet` seconds; the time when that began."""
        history = [(time.monotonic(), self.cpu())]
        while history[-1][0] - history[0][0] < limit:
            time.sleep(0.1)
            history.append((time.monotonic(), self.cpu()))
            now, used = history[-1]
            earlier = [entry for entry in history if entry[0] <= now - quiet]
            if earlier and used > 0.02 and used - earlier[-1][1] <= 0.03 * quiet:
                return earlier[-1][0]
        raise RuntimeError('the server does not come to rest')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def scrape(port, gzip, count_prefix=None):
    """One scrape: seconds, bytes on the wire, and how many lines start with `count_prefix`."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=300)
    begin = time.monotonic()
    connection.request('GET', '/metrics', headers={'Accept-Encoding': 'gzip' if gzip else 'identity'})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f'status {response.status}')
    if gzip and response.headers.get('Content-Encoding') != 'gzip':
        raise RuntimeError('the server does not compress')
    size = 0
    found = 0
    tail = b''
    inflate = zlib.decompressobj(31) if gzip else None
    while chunk := response.read(1 << 20):
        size += len(chunk)
        if count_prefix:
            text = tail + (inflate.decompress(chunk) if inflate else chunk)
            found += text.count(b'\n' + count_prefix)
            tail = text[-len(count_prefix):]
    seconds = time.monotonic() - begin
    connection.close()
    return seconds, size, found


def average_scrape(server, port, gzip, times):
    before = server.cpu()
    results = [scrape(port, gzip) for _ in range(times)]
    cpu = (server.cpu() - before) / times
    return cpu, min(seconds for seconds, _, _ in results), results[-1][1]


def churn(admin, updates):
    """Changes that many pods now."""
    connection = http.client.HTTPConnection('127.0.0.1', admin, timeout=300)
    connection.request('POST', f'/sim/churn?updates={updates}&kind=pods')
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f'cannot change pods: {response.status} {body[:200]}')
    connection.close()


def measure(arguments, port, sim_port, pods, repeats, log):
    server = Process(arguments, log)
    try:
        server.wait_for_port(port)
        idle_since = server.wait_until_idle()
        figures = {'start CPU s': server.cpu(), 'start to rest s': idle_since - server.started}
        figures['memory steady MB'] = server.memory('VmRSS') / 1e6
        figures['memory peak MB'] = server.memory('VmHWM') / 1e6
        _, _, found = scrape(port, True, b'kube_pod_info{')
        if found != pods:
            raise RuntimeError(f'{found} pods are exposed, not {pods}')
        figures['memory after a scrape MB'] = server.memory('VmRSS') / 1e6
        cpu, seconds, size = average_scrape(server, port, True, repeats)
        figures.update({'gzip scrape CPU s': cpu, 'gzip scrape s': seconds, 'gzip MB': size / 1e6})
        cpu, seconds, size = average_scrape(server, port, False, max(4, repeats // 2))
        figures.update({'plain scrape CPU s': cpu, 'plain scrape s': seconds, 'plain MB': size / 1e6})
        changed = []
        for _ in range(3):
            churn(sim_port, pods // 100)
            server.wait_until_idle(1.0)
            before = server.cpu()
            scrape(port, True)
            changed.append(server.cpu() - before)
        figures['gzip scrape, 1 % changed, CPU s'] = sorted(changed)[1]
        before = server.cpu()
        events = 0
        while events < 10_000:
            churn(sim_port, 1000)
            events += 1000
            time.sleep(0.2)
        server.wait_until_idle(1.0)
        figures['CPU s for 1,000 events'] = (server.cpu() - before) / (events / 1000)
        scrape(port, True)
        figures['memory at the end MB'] = server.memory('VmRSS') / 1e6
        return figures
    finally:
        server.stop()


def print_table(results, pods):
    print(f'\n{pods} pods, {platform.machine()}, {os.cpu_count()} cores')
    names = list(results)
    print(f'{"figure":36}' + ''.join(f'{name:>22}' for name in names) + (f'{"ratio":>10}' if len(names) > 1 else ''))
    for figure in results[names[0]]:
        row = [results[name][figure] for name in names]
        line = f'{figure:36}' + ''.join(f'{value:22.3f}' for value in row)
        if len(row) > 1:
            line += f'{row[1] / row[0]:10.1f}' if row[0] else f'{"-":>10}'
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument('--binary', default=str(root / 'build/release/kubevitals'))
    parser.add_argument('--pods', type=int, default=10_000)
    parser.add_argument('--ksm', help='a kube-state-metrics binary to compare with')
    parser.add_argument('--json', help='write the figures to this file too')
    parser.add_argument('--repeats', type=int, default=10, help="scrapes that a figure is the average of")
    parser.add_argument('--argument', action='append', default=[], help='one more argument for kubevitals state')
    options = parser.parse_args()

    logs = pathlib.Path(tempfile.mkdtemp(prefix='kubevitals-bench-'))
    sim_port = free_port()
    sim = Process([options.binary, 'sim', '--listen', f'127.0.0.1:{sim_port}', '--pods', str(options.pods),
                   '--churn', '0'], logs / 'sim.log')
    results = {}
    try:
        sim.wait_for_port(sim_port)
        address = f'http://127.0.0.1:{sim_port}'
        port, telemetry = free_port(), free_port()
        results['kubevitals'] = measure(
            [options.binary, 'state', '--apiserver', address, '--resources', RESOURCES, '--host', '127.0.0.1',
             '--port', str(port), '--telemetry-host', '127.0.0.1', '--telemetry-port', str(telemetry),
             *options.argument],
            port, sim_port, options.pods, options.repeats, logs / 'kubevitals.log')
        if options.ksm:
            port, telemetry = free_port(), free_port()
            results['kube-state-metrics'] = measure(
                [options.ksm, '--apiserver', address, '--resources', RESOURCES, '--host', '127.0.0.1',
                 '--port', str(port), '--telemetry-host', '127.0.0.1', '--telemetry-port', str(telemetry),
                 '--enable-gzip-encoding'],
                port, sim_port, options.pods, 2, logs / 'ksm.log')
    finally:
        sim.stop()
        print(f'logs: {logs}', file=sys.stderr)
    print_table(results, options.pods)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({'pods': options.pods, 'figures': results}, indent=2) + '\n')


if __name__ == '__main__':
    main()
