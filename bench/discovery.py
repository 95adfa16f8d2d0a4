#!/usr/bin/env python3
"""Measures `kubevitals discover` on a simulated cluster, alone or side by side with a Prometheus server.

usage: bench/discovery.py [--binary build/release/kubevitals] [--pods 10000] [--prometheus PATH] [--json FILE]
                          [--only SCENARIO,...]

Scenarios, each against a simulated cluster of its own; CPU and memory are the server's, read from /proc:
  roles    roles pod (attaching nodes), endpointslice and node: memory at rest, CPU under 100 pod updates/s
  latency  one pod gets another label: until its target has it in what is served, 20 times; quiet and under 100
           updates/s
  reload   300 jobs of role pod under 100 updates/s, one rule of one job changes: until the new targets are served
  share    300 jobs of role pod: memory beside one job, watches at the API server
  wait     200 clients that hold ?wait on 50 jobs under 100 changes/s (kubevitals only): CPU, missed changes
With --prometheus the last column is Prometheus divided by kubevitals. What is served is http_sd of kubevitals, and
/api/v1/targets of Prometheus (http_sd is what it has not).
"""
import argparse
import http.client
import json
import os
import pathlib
import platform
import random
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from state import Process, free_port  # noqa: E402


def fetch(port, path, headers=None, method='GET', timeout=300, body=None):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


class Cluster:
    def __init__(self, options, logs, pods):
        self.port = free_port()
        self.process = Process([options.binary, 'sim', '--listen', f'127.0.0.1:{self.port}', '--pods', str(pods),
                                '--churn', '0'], logs / 'sim.log')
        self.process.wait_for_port(self.port)
        self.address = f'http://127.0.0.1:{self.port}'
        self.stopping = None

    def churn_pods(self, rate):
        """So many updates of pods a second, until stop_churn()."""
        self.stopping = threading.Event()

        def run():
            begin, done = time.monotonic(), 0
            while not self.stopping.wait(0.1):
                due = int((time.monotonic() - begin) * rate)
                fetch(self.port, f'/sim/churn?updates={due - done}&kind=pods', method='POST')
                done = due

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def stop_churn(self):
        if self.stopping:
            self.stopping.set()
            self.thread.join()
            self.stopping = None

    def pods(self, count):
        status, _, body = fetch(self.port, f'/api/v1/pods?limit={count}', {'Accept': 'application/json'})
        assert status == 200, body[:300]
        return json.loads(body)['items']

    def stop(self):
        self.stop_churn()
        self.process.stop()


class Server:
    """kubevitals discover, or Prometheus, with a configuration."""

    def __init__(self, name, options, config, directory):
        self.name, self.port = name, free_port()
        self.config = pathlib.Path(directory, f'{name}.yml')
        self.write(config)
        if name == 'kubevitals':
            arguments = [options.binary, 'discover', '--config.file', str(self.config), '--host', '127.0.0.1',
                         '--port', str(self.port), '--log-level', 'error', *options.argument]
        else:
            arguments = [options.prometheus, f'--config.file={self.config}', '--web.enable-lifecycle',
                         f'--storage.tsdb.path={directory}/tsdb', f'--web.listen-address=127.0.0.1:{self.port}']
        self.process = Process(arguments, pathlib.Path(directory, f'{name}.log'))
        self.process.wait_for_port(self.port)

    def write(self, config):
        self.config.write_text(json.dumps(config))

    def reload(self):
        status, _, body = fetch(self.port, '/-/reload', method='POST')
        assert status == 200, body[:300]

    def metric(self, name):
        _, _, body = fetch(self.port, '/metrics')
        return sum(float(line.rsplit(' ', 1)[1]) for line in body.decode().splitlines()
                   if line.startswith(name) and (line[len(name)] in ' {'))

    def discovered(self):
        if self.name == 'kubevitals':
            return self.metric('prometheus_sd_discovered_targets')
        return sum(float(line.rsplit(' ', 1)[1]) for line in fetch(self.port, '/metrics')[2].decode().splitlines()
                   if line.startswith('prometheus_sd_discovered_targets{') and 'name="scrape"' in line)

    def wait_until_steady(self, at_least, seconds=300):
        """Until so many targets are discovered, and the CPU has rested for longer than any throttle."""
        deadline = time.monotonic() + seconds
        while self.discovered() < at_least:
            assert time.monotonic() < deadline, 'too little is discovered'
            time.sleep(0.2)
        while time.monotonic() < deadline:
            before = self.process.cpu()
            time.sleep(7)
            if self.process.cpu() - before < 0.2:
                return
        raise RuntimeError('the server does not come to rest')

    def served(self, job):
        """What is served of a job, as bytes in which an address can be looked for."""
        if self.name == 'kubevitals':
            return fetch(self.port, f'/sd/v1/jobs/{job}?relabeled=true')[2]
        return fetch(self.port, f'/api/v1/targets?state=active&scrapePool={job}')[2]

    def stop(self):
        self.process.stop()


def kubernetes(cluster, role, **more):
    return {'role': role, 'api_server': cluster.address, **more}


def roles_config(cluster):
    # Every target is dropped in the end: what is measured is discovery, not scraping.
    drop = {'relabel_configs': [{'action': 'drop'}], 'keep_dropped_targets': 1}
    return {'global': {'scrape_interval': '10h', 'scrape_timeout': '10s'}, 'scrape_configs': [
        {'job_name': 'pods', 'kubernetes_sd_configs': [kubernetes(cluster, 'pod', attach_metadata={'node': True})], **drop},
        {'job_name': 'slices', 'kubernetes_sd_configs': [kubernetes(cluster, 'endpointslice')], **drop},
        {'job_name': 'nodes', 'kubernetes_sd_configs': [kubernetes(cluster, 'node')], **drop}]}


def jobs_config(cluster, jobs, value='v0', changed=None):
    """Jobs that keep one pod in some hundred, by a rule of their own."""
    return {'global': {'scrape_interval': '10h', 'scrape_timeout': '10s'}, 'scrape_configs': [
        {'job_name': f'job{i}', 'kubernetes_sd_configs': [kubernetes(cluster, 'pod')],
         'relabel_configs': [
             {'source_labels': ['__meta_kubernetes_pod_name'], 'modulus': max(jobs, 2), 'action': 'hashmod',
              'target_label': '__tmp_part'},
             {'source_labels': ['__tmp_part'], 'regex': str(i), 'action': 'keep'},
             {'target_label': 'rule', 'replacement': value if changed in (None, i) else 'v0'}]}
        for i in range(jobs)]}


def with_server(name, options, cluster, config, measure):
    with tempfile.TemporaryDirectory() as directory:
        server = Server(name, options, config, directory)
        try:
            return measure(server)
        finally:
            cluster.stop_churn()
            server.stop()


def measure_roles(name, options, cluster):
    def measure(server):
        server.wait_until_steady(options.pods)
        figures = {'targets': server.discovered(), 'start CPU s': server.process.cpu(),
                   'memory MB': server.process.memory('VmRSS') / 1e6,
                   'memory peak MB': server.process.memory('VmHWM') / 1e6}
        cluster.churn_pods(100)
        time.sleep(5)
        before, begin = server.process.cpu(), time.monotonic()
        time.sleep(20)
        figures['cores under 100 updates/s'] = (server.process.cpu() - before) / (time.monotonic() - begin)
        figures['memory under updates MB'] = server.process.memory('VmRSS') / 1e6
        return figures

    return with_server(name, options, cluster, roles_config(cluster), measure)


def measure_latency(name, options, cluster):
    def lag(server, pod, value):
        metadata = pod['metadata']
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        body = json.dumps({'metadata': {'labels': {'bench': value}}})
        begin = time.monotonic()
        status, _, answer = fetch(cluster.port, path, {'Content-Type': 'application/merge-patch+json'}, 'PATCH', body=body)
        assert status == 200, answer[:300]
        while f'"{value}"'.encode() not in server.served('pods'):
            assert time.monotonic() - begin < 60, 'the target does not change'
            time.sleep(0.002)
        return time.monotonic() - begin

    def measure(server):
        server.wait_until_steady(options.pods)
        served = server.served('pods')
        chosen = [pod for pod in cluster.pods(20_000) if f'"{pod["metadata"]["name"]}"'.encode() in served]
        random.Random(1).shuffle(chosen)
        figures = {}
        for title, rate in (('quiet', 0), ('busy', 100)):
            if rate:
                cluster.churn_pods(rate)
            lags = []
            for i in range(20):
                time.sleep(6 if not rate else random.Random(i).uniform(0.5, 3))
                lags.append(lag(server, chosen.pop(), f'{title}-{i}'))
            cluster.stop_churn()
            lags.sort()
            figures[f'latency {title}, median s'] = lags[len(lags) // 2]
            figures[f'latency {title}, worst s'] = lags[-1]
        return figures

    # A small part of the cluster is kept, so that fetching it takes no time beside what is measured.
    config = roles_config(cluster)
    config['scrape_configs'] = [dict(config['scrape_configs'][0], relabel_configs=[
        {'source_labels': ['__meta_kubernetes_pod_name'], 'modulus': 100, 'action': 'hashmod',
         'target_label': '__tmp_part'},
        {'source_labels': ['__tmp_part'], 'regex': '7', 'action': 'keep'},
        {'source_labels': ['__meta_kubernetes_pod_label_bench'], 'target_label': 'bench'},
        {'source_labels': ['__meta_kubernetes_pod_name'], 'target_label': 'pod'}])]
    return with_server(name, options, cluster, config, measure)


def measure_reload(name, options, cluster):
    def measure(server):
        server.wait_until_steady(options.pods)
        cluster.churn_pods(100)
        time.sleep(10)
        server.write(jobs_config(cluster, 300, 'v1', changed=7))
        begin, before = time.monotonic(), server.process.cpu()
        server.reload()
        accepted = time.monotonic() - begin
        while b'"v1"' not in server.served('job7'):
            assert time.monotonic() - begin < 300, 'the rule does not get into force'
            time.sleep(0.01)
        return {'reload accepted s': accepted, 'reload in force s': time.monotonic() - begin,
                'reload CPU s': server.process.cpu() - before}

    return with_server(name, options, cluster, jobs_config(cluster, 300), measure)


def watches(cluster):
    return sum(json.loads(fetch(cluster.port, '/sim/status')[2])['watches'].values())


def measure_share(name, options, cluster):
    def measure(server):
        server.wait_until_steady(options.pods)
        return server.process.memory('VmRSS') / 1e6, watches(cluster), server.process.cpu()

    one, _, _ = with_server(name, options, cluster, jobs_config(cluster, 1), measure)
    many, count, cpu = with_server(name, options, cluster, jobs_config(cluster, 300), measure)
    return {'memory of 1 job MB': one, 'memory of 300 jobs MB': many, 'start CPU of 300 jobs s': cpu,
            'watches of 300 jobs': count}


def measure_wait(name, options, cluster):
    if name != 'kubevitals':
        return {}
    with tempfile.TemporaryDirectory() as directory:
        files = [pathlib.Path(directory, f't{i}.json') for i in range(50)]

        def write(number, serial):
            temporary = files[number].with_suffix('.tmp')
            temporary.write_text(json.dumps([{'targets': [f'h{number}:{serial}', *(f'h{i}:1' for i in range(200))]}]))
            temporary.rename(files[number])

        for i in range(50):
            write(i, 0)
        config = {'scrape_configs': [{'job_name': f'job{i}', 'file_sd_configs': [{'files': [str(files[i])]}]}
                                     for i in range(50)]}
        server = Server('kubevitals', options, config, directory)
        stop, seen, answers = threading.Event(), [0] * 200, [0] * 200
        latest = [0] * 50

        def client(number):
            job, tag = number % 50, ''
            connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=60)
            while not stop.is_set():
                connection.request('GET', f'/sd/v1/jobs/job{job}?wait=5s', headers={'If-None-Match': tag} if tag else {})
                response = connection.getresponse()
                body = response.read()
                if response.status == 200:
                    tag = response.headers['ETag']
                    answers[number] += 1
                    first = json.loads(body)[0]['targets'][0]
                    seen[number] = max(seen[number], int(first.split(':')[1]))

        try:
            server.wait_until_steady(50 * 201)
            threads = [threading.Thread(target=client, args=(i,)) for i in range(200)]
            for thread in threads:
                thread.start()
            time.sleep(7)
            before, begin, serial = server.process.cpu(), time.monotonic(), 0
            while time.monotonic() - begin < 20:
                serial += 1
                latest[serial % 50] = serial
                write(serial % 50, serial)
                time.sleep(max(0, begin + serial / 100 - time.monotonic()))
            cpu = (server.process.cpu() - before) / (time.monotonic() - begin)
            time.sleep(8)
            missed = sum(seen[i] != latest[i % 50] for i in range(200))
            stop.set()
            for thread in threads:
                thread.join()
            return {'200 waiting clients: cores': cpu, 'answers': sum(answers), 'clients without the last change': missed}
        finally:
            stop.set()
            server.stop()


SCENARIOS = {'roles': measure_roles, 'latency': measure_latency, 'reload': measure_reload, 'share': measure_share,
             'wait': measure_wait}


def print_table(results, pods):
    print(f'\n{pods} pods, {platform.machine()}, {os.cpu_count()} cores')
    names = list(results)
    print(f'{"figure":36}' + ''.join(f'{name:>16}' for name in names) + (f'{"ratio":>10}' if len(names) > 1 else ''))
    for figure, value in results[names[0]].items():
        line = f'{figure:36}{value:16.3f}'
        other = results[names[1]].get(figure) if len(names) > 1 else None
        if other is not None:
            line += f'{other:16.3f}' + (f'{other / value:10.1f}' if value else f'{"-":>10}')
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument('--binary', default=str(root / 'build/release/kubevitals'))
    parser.add_argument('--pods', type=int, default=10_000)
    parser.add_argument('--prometheus', help='a Prometheus binary to compare with')
    parser.add_argument('--json', help='write the figures to this file too')
    parser.add_argument('--only', default=','.join(SCENARIOS))
    parser.add_argument('--argument', action='append', default=[], help='one more argument for kubevitals discover')
    options = parser.parse_args()
    logs = pathlib.Path(tempfile.mkdtemp(prefix='kubevitals-bench-'))
    results = {'kubevitals': {}}
    if options.prometheus:
        results['prometheus'] = {}
    for scenario in options.only.split(','):
        for name, figures in results.items():
            cluster = Cluster(options, logs, options.pods)
            try:
                figures.update(SCENARIOS[scenario](name, options, cluster))
            finally:
                cluster.stop()
            print(f'{scenario}: {name} done', file=sys.stderr)
    print_table(results, options.pods)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({'pods': options.pods, 'figures': results}, indent=2) + '\n')


if __name__ == '__main__':
    main()
