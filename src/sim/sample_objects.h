// For tests and the benchmark: objects as a cluster has them.
#pragma once

#include <string_view>

namespace kubevitals::sim {

inline constexpr std::string_view kSamplePod = R"({
"metadata":{"name":"checkout-7d9c5b8f64-x2x7k","generateName":"checkout-7d9c5b8f64-","namespace":"shop",
 "uid":"0b1d6f0e-6a61-4f43-9b0a-5f6f0f3a9c11","resourceVersion":"123456","creationTimestamp":"2024-03-01T10:00:00Z",
 "labels":{"app":"checkout","pod-template-hash":"7d9c5b8f64","tier":"backend"},
 "annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"8080"},
 "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-7d9c5b8f64",
  "uid":"4c7a2f6e-30c1-4b0f-8f57-2a1c9f8e7d66","controller":true,"blockOwnerDeletion":true}],
 "managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2024-03-01T10:00:05Z",
  "fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:phase":{}}},"subresource":"status"}]},
"spec":{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-0"}},
  {"name":"tmp","emptyDir":{}},{"name":"config","configMap":{"name":"checkout","defaultMode":420,
   "items":[{"key":"a","path":"b"}]}},
  {"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
   {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
   {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],
   "defaultMode":420}}],
 "initContainers":[{"name":"migrate","image":"registry/migrate:1","resources":{}}],
 "containers":[{"name":"app","image":"registry/checkout:1.2.3","command":["/app"],"args":["--port=8080"],
   "ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],
   "envFrom":[{"configMapRef":{"name":"env","optional":false}}],
   "env":[{"name":"A","value":"1"},{"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}},
    {"name":"KEY","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
   "resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},
   "volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"tmp","mountPath":"/tmp","readOnly":true}],
   "livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},"periodSeconds":10,
    "failureThreshold":3},
   "readinessProbe":{"tcpSocket":{"port":8080},"initialDelaySeconds":5},
   "lifecycle":{"preStop":{"exec":{"command":["sleep","5"]}}},
   "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",
   "securityContext":{"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"allowPrivilegeEscalation":false}},
  {"name":"proxy","image":"registry/proxy:9","resources":{"requests":{"cpu":"10m"}}}],
 "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",
 "nodeSelector":{"kubernetes.io/os":"linux"},"serviceAccountName":"checkout","nodeName":"node-17",
 "securityContext":{"fsGroup":2000,"supplementalGroups":[1,2]},"schedulerName":"default-scheduler",
 "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"podAffinityTerm":{
  "labelSelector":{"matchExpressions":[{"key":"app","operator":"In","values":["checkout"]}]},
  "topologyKey":"kubernetes.io/hostname"}}]}},
 "tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},
  {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
 "priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority",
 "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]},
"status":{"phase":"Running","hostIP":"10.0.0.17","hostIPs":[{"ip":"10.0.0.17"}],"podIP":"10.244.3.7",
 "podIPs":[{"ip":"10.244.3.7"}],"startTime":"2024-03-01T10:00:01Z","qosClass":"Burstable",
 "conditions":[{"type":"Initialized","status":"True","lastTransitionTime":"2024-03-01T10:00:02Z"},
  {"type":"Ready","status":"True","lastTransitionTime":"2024-03-01T10:00:09Z"},
  {"type":"ContainersReady","status":"True","lastTransitionTime":"2024-03-01T10:00:09Z"},
  {"type":"PodScheduled","status":"True","lastTransitionTime":"2024-03-01T10:00:01Z"}],
 "initContainerStatuses":[{"name":"migrate","state":{"terminated":{"exitCode":0,"reason":"Completed",
   "startedAt":"2024-03-01T10:00:01Z","finishedAt":"2024-03-01T10:00:02Z","containerID":"containerd://1"}},
   "lastState":{},"ready":true,"restartCount":0,"image":"registry/migrate:1","imageID":"sha256:1"}],
 "containerStatuses":[{"name":"app","state":{"running":{"startedAt":"2024-03-01T10:00:05Z"}},
   "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","startedAt":"2024-03-01T10:00:03Z",
    "finishedAt":"2024-03-01T10:00:04Z"}},"ready":true,"restartCount":1,"image":"registry/checkout:1.2.3",
   "imageID":"sha256:2","containerID":"containerd://2","started":true},
  {"name":"proxy","state":{"running":{"startedAt":"2024-03-01T10:00:05Z"}},"lastState":{},"ready":true,
   "restartCount":0,"image":"registry/proxy:9","imageID":"sha256:3","containerID":"containerd://3","started":true}]}})";

inline constexpr std::string_view kSampleNode = R"({
"metadata":{"name":"node-17","uid":"u","creationTimestamp":"2024-01-01T00:00:00Z",
 "labels":{"kubernetes.io/hostname":"node-17","node-role.kubernetes.io/worker":"","node-role.kubernetes.io/edge":""}},
"spec":{"podCIDR":"10.244.3.0/24","podCIDRs":["10.244.3.0/24"],"providerID":"sim://17","unschedulable":true,
 "taints":[{"key":"dedicated","value":"x","effect":"NoSchedule","timeAdded":"2024-01-01T00:00:00Z"}]},
"status":{"capacity":{"cpu":"8","memory":"32Gi","pods":"110"},"allocatable":{"cpu":"7900m","memory":"31Gi","pods":"110"},
 "conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2024-01-01T00:00:10Z",
  "lastTransitionTime":"2024-01-01T00:00:05Z","reason":"KubeletReady","message":"ready"}],
 "addresses":[{"type":"InternalIP","address":"10.0.0.17"},{"type":"Hostname","address":"node-17"}],
 "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
 "nodeInfo":{"machineID":"m","systemUUID":"s","bootID":"b","kernelVersion":"6.1","osImage":"Debian","architecture":"amd64",
  "containerRuntimeVersion":"containerd://1.7","kubeletVersion":"v1.35.0","kubeProxyVersion":"","operatingSystem":"linux"},
 "images":[{"names":["a","b"],"sizeBytes":12345678901}]}})";

inline constexpr std::string_view kSampleDeployment = R"({
"metadata":{"name":"checkout","namespace":"shop","generation":3,"creationTimestamp":"2024-03-01T10:00:00Z"},
"spec":{"replicas":3,"selector":{"matchLabels":{"app":"checkout"}},
 "template":{"metadata":{"labels":{"app":"checkout"}},"spec":{"containers":[{"name":"app","image":"i","resources":{}},
  {"name":"proxy","image":"p","resources":{}}]}},
 "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":1}},
 "minReadySeconds":5,"paused":true,"progressDeadlineSeconds":600},
"status":{"observedGeneration":3,"replicas":3,"updatedReplicas":2,"readyReplicas":2,"availableReplicas":1,
 "unavailableReplicas":2,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2024-03-01T10:00:00Z",
  "lastTransitionTime":"2024-03-01T10:00:00Z","reason":"MinimumReplicasAvailable"}]}})";

inline constexpr std::string_view kSampleService = R"({
"metadata":{"name":"web","namespace":"shop","creationTimestamp":"2024-03-01T10:00:00Z"},
"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"http","nodePort":30080},
  {"protocol":"UDP","port":53,"targetPort":5353}],"selector":{"app":"web"},"clusterIP":"10.96.0.7",
 "clusterIPs":["10.96.0.7"],"type":"LoadBalancer","externalIPs":["1.2.3.4"],"sessionAffinity":"None",
 "ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","allocateLoadBalancerNodePorts":true},
"status":{"loadBalancer":{"ingress":[{"ip":"5.6.7.8"},{"hostname":"lb.example"}]}}})";

}  // namespace kubevitals::sim
