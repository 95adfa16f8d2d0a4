#!/usr/bin/env python3
"""`kubevitals usage` behind the aggregation layer of a real kube-apiserver, deployed by deploy/usage.yaml: kubectl top and
explain, and who may see what.

usage: usage_apiserver_test.py KUBEVITALS KUBECTL [unittest arguments]
The kubelets are the simulator's; their nodes and pods are copied into the real API server.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apiserver'))
from cluster import RealCluster, Unavailable  # noqa: E402
from harness import eventually, free_port, request, skip  # noqa: E402
from usage_harness import METRICS, Kubelets, Usage  # noqa: E402

BINARY = os.path.abspath(sys.argv.pop(1))
KUBECTL = sys.argv.pop(1)

MANIFEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'deploy', 'usage.yaml')
ACCOUNT = '/api/v1/namespaces/kube-system/serviceaccounts/kubevitals-usage'
SERVICES = '/api/v1/namespaces/kube-system/services'
API_SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io'
# Of type ExternalName, since nobody here gives a service's address to a process on this machine.
SERVICE = {'metadata': {'name': 'kubevitals-usage'}, 'spec': {'type': 'ExternalName', 'externalName': 'localhost'}}


class AggregationLayer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        try:
            cls.cluster = RealCluster()
            cls.stack.callback(cls.cluster.stop)
            cls.cluster.start()
        except Unavailable as reason:
            skip(str(reason))
        cls.sim = cls.stack.enter_context(Kubelets(BINARY))
        cls.copy_objects()
        cls.secure = free_port()
        cls.deploy()
        token = cls.cluster.request('POST', ACCOUNT + '/token', {})['status']['token']
        cls.usage = cls.stack.enter_context(
            Usage(BINARY, cls.sim, '--secure-port', str(cls.secure), '--bind-address', '127.0.0.1',
                  cluster=('--kubeconfig', cls.cluster.write_kubeconfig(token=token)))).has_all(cls.sim)

    @classmethod
    def deploy(cls):
        """The manifest's account, with its rights and no other, and the APIService, which leads to this machine."""
        subprocess.run([KUBECTL, '--kubeconfig', cls.cluster.kubeconfig, 'apply', '-f', MANIFEST], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        cls.cluster.request('DELETE', SERVICES + '/kubevitals-usage')
        cls.cluster.request('POST', SERVICES, SERVICE)
        cls.cluster.request('PATCH', API_SERVICE, {'spec': {'service': {'port': cls.secure}}},
                            'application/merge-patch+json')

    @classmethod
    def copy_objects(cls):
        """Names, labels and states, as far as a new object can have them."""
        namespaces = {item['metadata']['name'] for item in cls.cluster.request('GET', '/api/v1/namespaces')['items']}
        for path in ('/api/v1/namespaces', '/api/v1/nodes', '/api/v1/pods'):
            for item in cls.sim.get(path)['items']:
                meta = item['metadata']
                if path.endswith('namespaces') and meta['name'] in namespaces:
                    continue
                where = f"/api/v1/namespaces/{meta['namespace']}/pods" if 'namespace' in meta else path
                kept = {key: meta[key] for key in ('name', 'namespace', 'labels') if key in meta}
                spec = item.get('spec', {})
                if path.endswith('pods'):
                    spec = {'nodeName': spec['nodeName'], 'automountServiceAccountToken': False,
                            'containers': [{'name': container['name'], 'image': container['image']}
                                           for container in spec['containers']]}
                cls.cluster.request('POST', where, {'metadata': kept, 'spec': spec})
                if not path.endswith('namespaces'):
                    status = {key: item['status'][key] for key in ('phase', 'addresses', 'conditions', 'podIP', 'startTime')
                              if key in item['status']}
                    cls.cluster.request('PATCH', f"{where}/{meta['name']}/status", {'status': status},
                                        'application/merge-patch+json')

    def kubectl(self, *arguments):
        done = subprocess.run([KUBECTL, '--kubeconfig', self.cluster.kubeconfig, *arguments], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def available(self):
        conditions = self.cluster.request('GET', API_SERVICE).get('status', {}).get('conditions', [])
        return any(condition['type'] == 'Available' and condition['status'] == 'True' for condition in conditions)

    def test_1_kubectl_top(self):
        eventually(self.available, 60, 'the APIService is available')
        nodes = self.kubectl('top', 'nodes').splitlines()
        self.assertIn('CPU(cores)', nodes[0])
        self.assertEqual(len(nodes), 1 + 6)
        shown = {tuple(line.split()[:3]) for line in self.kubectl('top', 'pods', '-A', '--containers').splitlines()[1:]}
        pods = json.loads(self.kubectl('get', '--raw', METRICS + '/pods'))['items']
        containers = {(pod['metadata']['namespace'], pod['metadata']['name'], container['name'])
                      for pod in pods for container in pod['containers']}
        self.assertGreater(len(containers), 40)
        # Between two questions a pod may come or go.
        self.assertLess(len(shown ^ containers), 5)
        name, namespace = (pods[0]['metadata'][key] for key in ('name', 'namespace'))
        self.assertIn(name, self.kubectl('get', 'pods.metrics.k8s.io', '-n', namespace))
        self.assertIn(name, self.kubectl('describe', 'podmetrics', '-n', namespace, name))
        label, value = next(iter(pods[0]['metadata']['labels'].items()))
        selector = urllib.parse.quote(f'{label}={value}')
        chosen = json.loads(self.kubectl('get', '--raw', f'{METRICS}/namespaces/{namespace}/pods?labelSelector={selector}'))
        self.assertIn(name, [pod['metadata']['name'] for pod in chosen['items']])
        self.assertTrue(all(pod['metadata']['labels'].get(label) == value for pod in chosen['items']))
        self.assertIn('metrics.k8s.io/v1beta1', self.kubectl('api-versions').split())

    def failures_to_load(self):
        """What the API server said when it could not have the description of this API."""
        log = pathlib.Path(self.cluster.apiserver.log).read_text(errors='replace')
        return re.findall(r'.*(?:failed to download|loading OpenAPI spec for) \W*v1beta1\.metrics\.k8s\.io.*', log)

    def test_2_kubectl_explain(self):
        # While the program was not there yet it could not be asked.
        before = len(self.failures_to_load())

        def explain(what):
            return subprocess.run([KUBECTL, '--kubeconfig', self.cluster.kubeconfig, 'explain', what], capture_output=True,
                                  text=True, timeout=60)

        eventually(lambda: explain('podmetrics').returncode == 0, 90, 'pods are explained')
        pod = explain('podmetrics').stdout
        self.assertRegex(pod, 'KIND: +PodMetrics')
        for field in ('containers', 'timestamp', 'window'):
            self.assertRegex(pod, rf'{field}\t<.*> -required-')
        self.assertIn('<map[string]', explain('nodemetrics.usage').stdout)
        self.assertIn('selectors go by them', explain('podmetrics.metadata').stdout)
        # What newer kubectls read.
        group = json.loads(self.kubectl('get', '--raw', '/openapi/v3'))['paths'][METRICS[1:]]
        schemas = json.loads(self.kubectl('get', '--raw', group['serverRelativeURL']))['components']['schemas']
        self.assertIn('io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics', schemas)
        self.assertEqual(self.failures_to_load()[before:], [])

    def direct(self, certificate=None, **headers):
        """The status of a request that does not come through the API server."""
        context = ssl._create_unverified_context()
        if certificate:
            context.load_cert_chain(*certificate)
        with contextlib.closing(http.client.HTTPSConnection('127.0.0.1', self.secure, context=context)) as connection:
            connection.request('GET', METRICS + '/pods', headers={name.replace('_', '-'): value
                                                                  for name, value in headers.items()})
            return connection.getresponse().status

    def test_3_the_api_server_decides_who_may_see(self):
        pki = self.cluster.pki
        self.assertEqual(self.direct(Authorization=f'Bearer {self.cluster.token}'), 200)
        self.assertEqual(self.direct(Authorization=f'Bearer {self.cluster.unprivileged_token}'), 403)
        self.assertEqual(self.direct(Authorization='Bearer unknown'), 401)
        self.assertEqual(self.direct(), 403)
        self.assertEqual(self.direct((pki.front_proxy, pki.front_proxy_key), X_Remote_User='admin',
                                     X_Remote_Group='system:masters'), 200)
        self.assertEqual(self.direct((pki.front_proxy, pki.front_proxy_key), X_Remote_User='nobody'), 403)
        # Another certificate of the same authority is no front proxy.
        self.assertNotEqual(self.direct(pki.issue('other', '/CN=other'), X_Remote_User='admin',
                                        X_Remote_Group='system:masters'), 200)
        # A certificate that nobody vouches for is worse than none, but for a good token.
        stranger = pki.self_signed('stranger')
        self.assertEqual(self.direct(stranger), 401)
        self.assertEqual(self.direct(stranger, Authorization=f'Bearer {self.cluster.token}'), 200)
        # What one may not see is refused through the API server too, until a role allows it.
        nobody = self.cluster.write_kubeconfig(token=self.cluster.unprivileged_token)

        def top():
            return subprocess.run([KUBECTL, '--kubeconfig', nobody, 'top', 'nodes'], capture_output=True, text=True,
                                  timeout=60)

        self.assertIn('orbidden', top().stderr)
        self.kubectl('create', 'clusterrole', 'top', '--verb=get,list', '--resource=nodes.metrics.k8s.io')
        self.kubectl('create', 'clusterrole', 'nodes', '--verb=get,list', '--resource=nodes')
        for role in ('top', 'nodes'):
            self.kubectl('create', 'clusterrolebinding', role, f'--clusterrole={role}', '--user=nobody')
        eventually(lambda: top().returncode == 0, 30, 'allowed')

    def alone(self, *arguments, token=None):
        """Another one, which the APIService does not lead to."""
        config = self.cluster.write_kubeconfig(token=token) if token else self.cluster.kubeconfig
        return Usage(BINARY, self.sim, '--bind-address', '127.0.0.1', *arguments, cluster=('--kubeconfig', config))

    def test_3_it_is_not_ready_while_it_cannot_know_whom_to_believe(self):
        with self.alone('--secure-port', str(free_port()), token=self.cluster.unprivileged_token) as usage:
            eventually(lambda: '[-]authentication failed: cannot read ConfigMap' in request(usage.port, '/readyz').text, 30,
                       'the reason')
        with self.alone('--secure-port', str(free_port()), '--authentication-tolerate-lookup-failure',
                        token=self.cluster.unprivileged_token) as usage:
            self.assertNotIn('authentication', request(usage.port, '/readyz').text)

    def test_3_renewed_certificates_are_served(self):
        port = free_port()
        certificate, key = self.cluster.pki.self_signed('renewed')
        with self.alone('--secure-port', str(port), '--tls-cert-file', certificate, '--tls-private-key-file', key):
            def served():
                shown = ssl.get_server_certificate(('127.0.0.1', port))
                return shown.split() == pathlib.Path(certificate).read_text().split()

            eventually(served, 30, 'the first certificate')
            self.cluster.pki.self_signed('renewed')
            eventually(served, 30, 'the second certificate')

    def test_4_it_is_gone_and_comes_back(self):
        self.usage.kill()
        eventually(lambda: not self.available(), 60, 'the API server noticed')
        self.usage.start()
        eventually(self.available, 60, 'available again')
        eventually(lambda: len(self.kubectl('top', 'nodes').splitlines()) == 7, 60, 'values')


if __name__ == '__main__':
    unittest.main(verbosity=2)
