#!/usr/bin/env python3
"""The simulated cluster as kubectl sees it.

usage: kubectl_test.py KUBEVITALS [KUBECTL] [unittest arguments]
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from harness import Sim, eventually, skip

BINARY = os.path.abspath(sys.argv.pop(1))
KUBECTL = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith('-') and os.path.sep in sys.argv[1] else 'kubectl'

DEPLOYMENT = '''
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: server
        image: registry.example.com/web:v1
        ports: [{containerPort: 8080}]
        env: [{name: MODE, value: fast}]
'''

POD = '''
apiVersion: v1
kind: Pod
metadata:
  name: single
spec:
  containers:
  - name: main
    image: registry.example.com/single:v1
'''


class Kubectl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix='kubevitals-kubectl-')
        cls.config = os.path.join(cls.directory.name, 'config')
        cls.sim = Sim(BINARY, '--pods', '300', '--seed', '3', '--write-kubeconfig', cls.config)
        eventually(lambda: os.path.exists(cls.config), 20, 'the kubeconfig')

    @classmethod
    def tearDownClass(cls):
        cls.sim.stop()
        cls.directory.cleanup()

    def run_kubectl(self, *arguments, text=None, fails=False, timeout=60):
        environment = dict(os.environ, HOME=self.directory.name)
        result = subprocess.run([KUBECTL, '--kubeconfig', self.config, *arguments], input=text, text=True,
                                capture_output=True, timeout=timeout, env=environment)
        if not fails:
            self.assertEqual(result.returncode, 0, f'{arguments}: {result.stdout[-500:]} {result.stderr[-2000:]}')
        else:
            self.assertNotEqual(result.returncode, 0, arguments)
        return result.stdout + (result.stderr if fails else '')

    def get(self, *arguments):
        return json.loads(self.run_kubectl('get', *arguments, '-o', 'json'))

    def in_namespace(self, name):
        self.run_kubectl('create', 'namespace', name)
        self.addCleanup(lambda: self.run_kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found'))
        return ['-n', name]

    # Reading

    def test_pods_of_all_namespaces_as_a_table(self):
        lines = self.run_kubectl('get', 'pods', '-A').splitlines()
        self.assertEqual(lines[0].split(), ['NAMESPACE', 'NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'])
        self.assertGreaterEqual(len(lines), 300)
        self.assertTrue(any('Running' in line for line in lines))

    def test_paging_gives_each_pod_once(self):
        # --chunk-size pages through continue tokens.
        small = self.run_kubectl('get', 'pods', '-A', '--chunk-size=7', '-o', 'name').split()
        whole = self.run_kubectl('get', 'pods', '-A', '--chunk-size=0', '-o', 'name').split()
        self.assertEqual(small, whole)
        self.assertEqual(len(set(small)), len(small))

    def test_node_as_yaml(self):
        text = self.run_kubectl('get', 'node', 'worker-0001', '-o', 'yaml')
        self.assertIn('kind: Node\n', text)
        self.assertIn('kubeletVersion: v1.', text)

    def test_wide_output(self):
        self.assertIn('NODE', self.run_kubectl('get', 'pods', '-A', '-o', 'wide').splitlines()[0])
        self.assertIn('INTERNAL-IP', self.run_kubectl('get', 'nodes', '-o', 'wide').splitlines()[0])

    def test_every_kind_of_workload(self):
        for kind in ('deployments', 'rs', 'sts', 'ds', 'jobs', 'svc', 'endpointslices', 'pvc', 'ns', 'nodes'):
            with self.subTest(kind=kind):
                self.assertGreater(len(self.run_kubectl('get', kind, '-A').splitlines()), 1)

    def test_label_selectors(self):
        name = self.get('deployments', '-A')['items'][0]['metadata']['labels']['app.kubernetes.io/name']
        pods = self.get('pods', '-A', '-l', f'app.kubernetes.io/name={name}')['items']
        self.assertTrue(pods)
        for pod in pods:
            self.assertEqual(pod['metadata']['labels']['app.kubernetes.io/name'], name)
        self.assertEqual(self.get('pods', '-A', '-l', 'tier in (none)')['items'], [])

    def test_field_selectors(self):
        pods = self.get('pods', '-A', '--field-selector', 'spec.nodeName=worker-0001')['items']
        self.assertTrue(pods)
        self.assertEqual({pod['spec']['nodeName'] for pod in pods}, {'worker-0001'})
        self.assertIn('field', self.run_kubectl('get', 'pods', '--field-selector', 'spec.nonsense=1', fails=True))

    def test_api_resources_and_versions(self):
        text = self.run_kubectl('api-resources')
        for kind in ('Pod', 'Deployment', 'EndpointSlice', 'CronJob'):
            self.assertIn(kind, text)
        self.assertIn('apps/v1', self.run_kubectl('api-versions'))

    def test_version(self):
        self.assertIn('kubevitals', self.run_kubectl('version'))

    def test_describe(self):
        pod = self.get('pods', '-n', 'default')['items'][0]['metadata']['name']
        self.assertIn('Containers:', self.run_kubectl('describe', 'pod', pod, '-n', 'default'))
        self.assertIn('Allocatable:', self.run_kubectl('describe', 'node', 'worker-0001'))

    def test_what_does_not_exist(self):
        self.assertIn('NotFound', self.run_kubectl('get', 'pod', 'nobody', '-n', 'default', fails=True))
        self.assertIn("doesn't have a resource type", self.run_kubectl('get', 'nonsense', fails=True))

    def test_auth_can_i(self):
        self.assertIn('yes', self.run_kubectl('auth', 'can-i', 'list', 'pods'))

    # Writing

    def test_deployment_from_creation_to_deletion(self):
        ns = self.in_namespace('test-deployment')
        self.run_kubectl('create', '-f', '-', *ns, text=DEPLOYMENT)
        self.assertIn('successfully rolled out',
                      self.run_kubectl('rollout', 'status', 'deployment/web', '--timeout=50s', *ns))
        self.assertEqual(len(self.get('pods', '-l', 'app=web', *ns)['items']), 3)

        self.run_kubectl('scale', 'deployment', 'web', '--replicas=5', *ns)
        self.run_kubectl('rollout', 'status', 'deployment/web', '--timeout=50s', *ns)
        self.assertEqual(len(self.get('pods', '-l', 'app=web', *ns)['items']), 5)

        before = {pod['metadata']['uid'] for pod in self.get('pods', '-l', 'app=web', *ns)['items']}
        self.run_kubectl('set', 'image', 'deployment/web', 'server=registry.example.com/web:v2', *ns)
        self.run_kubectl('rollout', 'status', 'deployment/web', '--timeout=50s', *ns)

        def replaced():
            pods = self.get('pods', '-l', 'app=web', *ns)['items']
            images = {pod['spec']['containers'][0]['image'] for pod in pods}
            return images == {'registry.example.com/web:v2'} and not before & {p['metadata']['uid'] for p in pods}
        eventually(replaced, 30, 'new pods')
        self.assertEqual(len(self.get('rs', *ns)['items']), 2)

        self.run_kubectl('delete', 'deployment', 'web', *ns)
        eventually(lambda: not self.get('rs,pods', *ns)['items'], 30, 'the end of the dependents')

    def test_scaling_a_computed_deployment(self):
        deployment = next(d for d in self.get('deployments', '-n', 'default')['items'] if d['spec']['replicas'] >= 2)
        name = deployment['metadata']['name']
        selector = ','.join(f'{k}={v}' for k, v in deployment['spec']['selector']['matchLabels'].items())
        for replicas in (deployment['spec']['replicas'] + 4, 1):
            self.run_kubectl('scale', 'deployment', name, f'--replicas={replicas}', '-n', 'default')
            eventually(lambda: len(self.get('pods', '-l', selector, '-n', 'default')['items']) == replicas, 30, 'scale')
        scaled = self.get('deployment', name, '-n', 'default')
        self.assertEqual(scaled['spec']['replicas'], 1)
        self.assertGreater(scaled['metadata']['generation'], deployment['metadata']['generation'])

    def test_a_deleted_pod_is_replaced(self):
        rs = next(r for r in self.get('rs', '-n', 'default')['items'] if r['spec']['replicas'] >= 2)
        labels = ','.join(f'{k}={v}' for k, v in rs['spec']['selector']['matchLabels'].items())
        pods = [pod['metadata']['name'] for pod in self.get('pods', '-n', 'default', '-l', labels)['items']]
        self.run_kubectl('delete', 'pod', pods[0], '-n', 'default')  # waits until it is gone
        now = eventually(lambda: (lambda names: names if len(names) == len(pods) else None)(
            [pod['metadata']['name'] for pod in self.get('pods', '-n', 'default', '-l', labels)['items']]), 30, 'a pod')
        self.assertNotIn(pods[0], now)

    def test_a_created_pod_runs(self):
        ns = self.in_namespace('test-pod')
        self.run_kubectl('apply', '-f', '-', *ns, text=POD)
        self.run_kubectl('wait', '--for=condition=Ready', 'pod/single', '--timeout=30s', *ns)
        pod = self.get('pod', 'single', *ns)
        self.assertEqual(pod['status']['phase'], 'Running')
        self.assertTrue(pod['spec']['nodeName'])
        self.assertIn('already exists', self.run_kubectl('create', '-f', '-', *ns, text=POD, fails=True))
        self.assertIn('single', self.run_kubectl('logs', 'single', *ns))

    def test_apply_changes_only_what_changed(self):
        ns = self.in_namespace('test-apply')
        self.run_kubectl('apply', '-f', '-', *ns, text=DEPLOYMENT)
        self.run_kubectl('rollout', 'status', 'deployment/web', '--timeout=50s', *ns)
        self.assertIn('unchanged', self.run_kubectl('apply', '-f', '-', *ns, text=DEPLOYMENT))
        changed = DEPLOYMENT.replace('replicas: 3', 'replicas: 2').replace('MODE, value: fast', 'SPEED, value: high')
        self.assertIn('configured', self.run_kubectl('apply', '-f', '-', *ns, text=changed))
        spec = self.get('deployment', 'web', *ns)['spec']
        self.assertEqual(spec['replicas'], 2)
        self.assertEqual(spec['template']['spec']['containers'][0]['env'], [{'name': 'SPEED', 'value': 'high'}])

    def test_server_side_apply(self):
        ns = self.in_namespace('test-server-side')
        self.run_kubectl('apply', '--server-side', '-f', '-', *ns, text=DEPLOYMENT)
        self.run_kubectl('apply', '--server-side', '-f', '-', *ns,
                         text=DEPLOYMENT.replace('replicas: 3', 'replicas: 1'))
        self.assertEqual(self.get('deployment', 'web', *ns)['spec']['replicas'], 1)

    def test_labels_and_annotations(self):
        self.run_kubectl('label', 'node', 'worker-0002', 'disk=fast')
        self.assertEqual(self.get('node', 'worker-0002')['metadata']['labels']['disk'], 'fast')
        self.assertIn('worker-0002', self.run_kubectl('get', 'nodes', '-l', 'disk=fast'))
        self.run_kubectl('label', 'node', 'worker-0002', 'disk-')
        self.assertNotIn('disk', self.get('node', 'worker-0002')['metadata']['labels'])
        self.run_kubectl('annotate', 'node', 'worker-0002', 'note=x')
        self.assertEqual(self.get('node', 'worker-0002')['metadata']['annotations']['note'], 'x')

    def test_cordon(self):
        self.run_kubectl('cordon', 'worker-0003')
        self.assertIn('SchedulingDisabled', self.run_kubectl('get', 'node', 'worker-0003'))
        self.run_kubectl('uncordon', 'worker-0003')
        self.assertNotIn('SchedulingDisabled', self.run_kubectl('get', 'node', 'worker-0003'))

    def test_the_three_kinds_of_patch(self):
        ns = self.in_namespace('test-patch')
        self.run_kubectl('apply', '-f', '-', *ns, text=DEPLOYMENT)

        def container():
            return self.get('deployment', 'web', *ns)['spec']['template']['spec']['containers'][0]
        self.run_kubectl('patch', 'deployment', 'web', *ns, '--type=strategic', '-p', json.dumps(
            {'spec': {'template': {'spec': {'containers': [{'name': 'server', 'imagePullPolicy': 'Always'}]}}}}))
        self.assertEqual(container()['imagePullPolicy'], 'Always')
        self.assertEqual(container()['image'], 'registry.example.com/web:v1')
        self.run_kubectl('patch', 'deployment', 'web', *ns, '--type=merge', '-p', '{"spec": {"paused": true}}')
        self.assertTrue(self.get('deployment', 'web', *ns)['spec']['paused'])
        self.run_kubectl('patch', 'deployment', 'web', *ns, '--type=json', '-p',
                         '[{"op": "remove", "path": "/spec/paused"}]')
        self.assertNotIn('paused', self.get('deployment', 'web', *ns)['spec'])

    def test_replace_needs_the_latest_version(self):
        ns = self.in_namespace('test-replace')
        self.run_kubectl('create', 'configmap', 'settings', '--from-literal=a=1', *ns)
        old = self.get('configmap', 'settings', *ns)
        self.run_kubectl('patch', 'configmap', 'settings', *ns, '-p', '{"data": {"a": "2"}}')
        old['data']['a'] = '3'
        self.assertIn('Conflict', self.run_kubectl('replace', '-f', '-', *ns, text=json.dumps(old), fails=True))
        self.assertEqual(self.get('configmap', 'settings', *ns)['data'], {'a': '2'})

    def test_a_namespace_ends_with_all_that_is_in_it(self):
        self.run_kubectl('create', 'namespace', 'short-lived')
        self.run_kubectl('create', 'configmap', 'one', '-n', 'short-lived', '--from-literal=a=1')
        self.run_kubectl('apply', '-n', 'short-lived', '-f', '-', text=DEPLOYMENT)
        self.run_kubectl('delete', 'namespace', 'short-lived')  # waits
        self.run_kubectl('get', 'namespace', 'short-lived', fails=True)
        self.assertEqual(self.get('pods,configmaps,deployments', '-n', 'short-lived')['items'], [])

    def test_dry_run_changes_nothing(self):
        ns = self.in_namespace('test-dry-run')
        # Old versions of kubectl ask the OpenAPI document whether --dry-run=server may be sent; there is none.
        pod = self.run_kubectl('create', '-f', '-', *ns, '--dry-run=client', '-o', 'json', text=POD)
        self.run_kubectl('create', '--raw', '/api/v1/namespaces/test-dry-run/pods?dryRun=All', '-f', '-', text=pod)
        self.assertEqual(self.get('pods', *ns)['items'], [])

    # Watching

    def test_watching_pods(self):
        ns = self.in_namespace('test-watch')
        watch = subprocess.Popen([KUBECTL, '--kubeconfig', self.config, 'get', 'pods', '-w', *ns], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 env=dict(os.environ, HOME=self.directory.name))
        try:
            time.sleep(1)
            self.run_kubectl('apply', '-f', '-', *ns, text=POD)
            self.run_kubectl('wait', '--for=condition=Ready', 'pod/single', '--timeout=30s', *ns)
            self.run_kubectl('delete', 'pod', 'single', *ns)
        finally:
            watch.terminate()
        text = watch.communicate(timeout=20)[0]
        for word in ('ContainerCreating', 'Running', 'Terminating'):
            self.assertIn(word, text)
        self.assertEqual(text.count('NAME '), 1, text)


class Secured(unittest.TestCase):
    def test_tls_and_token(self):
        with tempfile.TemporaryDirectory() as directory:
            config = os.path.join(directory, 'config')
            with Sim(BINARY, '--pods', '20', '--tls', '--token', 'sesame', '--write-kubeconfig', config) as sim:
                eventually(lambda: os.path.exists(config), 20, 'the kubeconfig')

                def names(*more):
                    return subprocess.run([KUBECTL, '--kubeconfig', config, *more, 'get', 'ns', '-o', 'name'],
                                          capture_output=True, text=True, timeout=60,
                                          env=dict(os.environ, HOME=directory))
                self.assertIn('namespace/default', names().stdout)
                wrong = names('--token', 'wrong')
                self.assertNotEqual(wrong.returncode, 0)
                self.assertEqual(sim.stop(), 0)


if __name__ == '__main__':
    if shutil.which(KUBECTL) is None:
        skip(f'{KUBECTL} is not there')
    unittest.main(verbosity=2)
