// What decoding a pod costs, in both encodings, and what framing a list and a watch adds.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <protozero/pbf_reader.hpp>
#include <string>

#include "kube/list_stream.h"
#include "kube/object_decoder.h"
#include "kube/objects/pod.h"
#include "kube/protobuf_wire.h"
#include "kube/random_object.h"
#include "kube/stream_test_bytes.h"
#include "kube/watch_stream.h"

namespace kubevitals::kube {
namespace {

std::string repeated(int count, const auto& make) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += (i > 0 ? "," : "") + make(std::to_string(i));
  }
  return text;
}

// Managed fields as two managers leave them: names of fields, nothing else.
std::string managed_fields() {
  const auto fields = [](const std::string& i) {
    return R"("f:conditions":{".":{},"k:{\"type\":\"Ready)" + i +
           R"(\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}}})";
  };
  return repeated(2, [&](const std::string& manager) {
    return R"({"manager":"manager-)" + manager +
           R"(","operation":"Update","apiVersion":"v1","time":"2024-05-01T10:00:00Z","fieldsType":"FieldsV1",)" +
           R"("fieldsV1":{)" + repeated(6, fields) + "}}";
  });
}

// A pod with two containers as a Deployment makes it and a server sends it.
std::string pod_json() {
  const auto container = [](const std::string& i) {
    return R"({"name":"container-)" + i + R"(","image":"registry.example.com/shop/web:v1.2.)" + i +
           R"(","command":["/bin/server"],"args":["--port=8080","--log-level=info","--config=/etc/web/config.yaml"],)"
           R"("ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[)" +
           repeated(6,
                    [](const std::string& e) {
                      return R"({"name":"VARIABLE_)" + e + R"(","value":"some value of it"})";
                    }) +
           R"(],"resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},)"
           R"("volumeMounts":[{"name":"config","mountPath":"/etc/web"},{"name":"kube-api-access-x7x2p","readOnly":true,)"
           R"("mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":)"
           R"({"path":"/healthz","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,)"
           R"("successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log",)"
           R"("terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"})";
  };
  const auto status = [](const std::string& i) {
    return R"({"name":"container-)" + i +
           R"(","state":{"running":{"startedAt":"2024-05-01T10:00:05Z"}},"lastState":{"terminated":{"exitCode":137,)"
           R"("reason":"OOMKilled","startedAt":"2024-05-01T09:00:00Z","finishedAt":"2024-05-01T10:00:00Z",)"
           R"("containerID":"containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}},)"
           R"("ready":true,"restartCount":4,"image":"registry.example.com/shop/web:v1.2.3",)"
           R"("imageID":"registry.example.com/shop/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef",)"
           R"("containerID":"containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",)"
           R"("started":true})";
  };
  static constexpr const char* kConditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
                                                "ContainersReady", "PodScheduled"};
  const auto condition = [](const std::string& i) {
    return R"({"type":")" + std::string(kConditions[i[0] - '0']) +
           R"(","status":"True","lastProbeTime":null,"lastTransitionTime":"2024-05-01T10:00:05Z"})";
  };
  return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-5d4f8c7b9d-x7x2p","generateName":"web-5d4f8c7b9d-",)"
         R"("namespace":"shop","uid":"0b5f3c1e-6a55-4a5e-9c1b-0f5a2b7f9d11","resourceVersion":"123456789",)"
         R"("creationTimestamp":"2024-05-01T10:00:00Z","labels":{"app":"web","app.kubernetes.io/name":"web",)"
         R"("pod-template-hash":"5d4f8c7b9d","team":"checkout"},"annotations":{"checksum/config":)"
         R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","prometheus.io/scrape":"true",)"
         R"("note":"a text with \"quotes\""},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet",)"
         R"("name":"web-5d4f8c7b9d","uid":"7e0d3f0e-1c3a-4c4b-8d55-3c7a5e9b1f22","controller":true,)"
         R"("blockOwnerDeletion":true}],"managedFields":[)" +
         managed_fields() +
         R"(]},"spec":{"volumes":[{"name":"config","configMap":{"name":"web","defaultMode":420}},)"
         R"({"name":"data","persistentVolumeClaim":{"claimName":"web-data"}},{"name":"kube-api-access-x7x2p",)"
         R"("projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":)"
         R"({"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[)" +
         repeated(2, container) +
         R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",)"
         R"("nodeSelector":{"kubernetes.io/os":"linux"},"serviceAccountName":"web","nodeName":"node-0042",)"
         R"("securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":)"
         R"("node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":)"
         R"("node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],)"
         R"("priority":0,"enableServiceLinks":true},"status":{"phase":"Running","conditions":[)" +
         repeated(5, condition) +
         R"(],"hostIP":"10.1.2.3","podIP":"10.244.3.17","podIPs":[{"ip":"10.244.3.17"}],)"
         R"("startTime":"2024-05-01T10:00:00Z","containerStatuses":[)" +
         repeated(2, status) + R"(],"qosClass":"Burstable"}})";
}

// The same pod as protobuf; what the structs leave out is there in size, as unknown fields.
std::string pod_protobuf() {
  JsonDecoder decoder;
  Pod pod;
  if (!decoder.decode(pod_json(), pod)) {
    std::abort();
  }
  RandomObjects random(1);
  ProtobufWriter writer(random, true);
  std::string metadata = writer.write(pod.metadata);
  protozero::pbf_writer metadata_writer(metadata);
  for (int manager = 0; manager < 2; ++manager) {
    metadata_writer.add_string(17, std::string(900, 'f'));
  }
  std::string spec = writer.write(pod.spec);
  protozero::pbf_writer spec_writer(spec);
  for (int i = 0; i < 30; ++i) {
    spec_writer.add_string(41, std::string(25, 's'));
    spec_writer.add_int64(4, 30);
  }
  std::string bytes;
  protozero::pbf_writer pod_writer(bytes);
  pod_writer.add_message(1, metadata);
  pod_writer.add_message(2, spec);
  pod_writer.add_message(3, writer.write(pod.status));
  return bytes;
}

void finish(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["object_bytes"] = static_cast<double>(bytes);
}

void decode_pod_protobuf(benchmark::State& state) {
  const std::string bytes = pod_protobuf();
  Pod pod;
  for (auto _ : state) {
    if (!decode_protobuf(bytes, pod)) {
      state.SkipWithError("not decoded");
    }
    benchmark::DoNotOptimize(pod);
  }
  finish(state, bytes.size());
}
BENCHMARK(decode_pod_protobuf);

void decode_pod_json(benchmark::State& state) {
  const std::string json = pod_json() + std::string(kJsonPadding, ' ');
  const auto text = std::string_view(json).substr(0, json.size() - kJsonPadding);
  JsonDecoder decoder;
  Pod pod;
  for (auto _ : state) {
    if (!decoder.decode_padded(text, pod)) {
      state.SkipWithError("not decoded");
    }
    benchmark::DoNotOptimize(pod);
  }
  finish(state, text.size());
}
BENCHMARK(decode_pod_json);

void decode_metadata_json(benchmark::State& state) {
  const std::string json = pod_json() + std::string(kJsonPadding, ' ');
  const auto text = std::string_view(json).substr(0, json.size() - kJsonPadding);
  JsonDecoder decoder;
  AnyObject object;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode_padded(text, object));
  }
  finish(state, text.size());
}
BENCHMARK(decode_metadata_json);

// A page of 500 pods in chunks of 16 KiB, without decoding the items.
void frame_list(benchmark::State& state, Encoding encoding) {
  std::string body;
  if (encoding == Encoding::kProtobuf) {
    body = protobuf_list(std::vector<std::string>(500, pod_protobuf()));
  } else {
    body = R"({"kind":"PodList","items":[)" + repeated(500, [](const std::string&) { return pod_json(); }) +
           "]}";
  }
  constexpr std::size_t kChunk = 16 << 10;
  for (auto _ : state) {
    ListStream stream(encoding);
    std::size_t items = 0;
    for (std::size_t at = 0; at < body.size(); at += kChunk) {
      stream.feed(std::string_view(body).substr(at, kChunk));
      while (*stream.next()) {
        ++items;
      }
    }
    if (items != 500 || !stream.finish()) {
      state.SkipWithError("not all items");
    }
  }
  state.SetItemsProcessed(state.iterations() * 500);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK_CAPTURE(frame_list, protobuf, Encoding::kProtobuf);
BENCHMARK_CAPTURE(frame_list, json, Encoding::kJson);

void frame_watch(benchmark::State& state, Encoding encoding) {
  const std::string event = encoding == Encoding::kProtobuf
                                ? protobuf_event("MODIFIED", protobuf_envelope("v1", "Pod", pod_protobuf()))
                                : R"({"type":"MODIFIED","object":)" + pod_json() + "}\n";
  WatchStream stream(encoding);
  for (auto _ : state) {
    stream.feed(event);
    benchmark::DoNotOptimize(stream.next());
  }
  finish(state, event.size());
}
BENCHMARK_CAPTURE(frame_watch, protobuf, Encoding::kProtobuf);
BENCHMARK_CAPTURE(frame_watch, json, Encoding::kJson);

// Our cursor against protozero's reader: all fields of the nested messages that a pod's layout knows.
std::size_t walk_cursor(std::string_view message, const MessageLayout& layout) {
  std::size_t fields = 0;
  for (wire::Cursor cursor(message); !cursor.done(); ++fields) {
    wire::Tag tag;
    if (cursor.read_tag(tag) != nullptr) {
      std::abort();
    }
    const FieldLayout* field = layout.find(tag.number);
    std::string_view bytes;
    if (field != nullptr && field->kind == ValueKind::kMessage && cursor.read_bytes(bytes) == nullptr) {
      fields += walk_cursor(bytes, *field->message);
    } else if (cursor.skip(tag.type) != nullptr) {
      std::abort();
    }
  }
  return fields;
}

std::size_t walk_protozero(protozero::data_view message, const MessageLayout& layout) {
  std::size_t fields = 0;
  for (protozero::pbf_reader reader(message); reader.next(); ++fields) {
    const FieldLayout* field = layout.find(reader.tag());
    if (field != nullptr && field->kind == ValueKind::kMessage) {
      fields += walk_protozero(reader.get_view(), *field->message);
    } else {
      reader.skip();
    }
  }
  return fields;
}

void walk_with_cursor(benchmark::State& state) {
  const std::string bytes = pod_protobuf();
  for (auto _ : state) {
    benchmark::DoNotOptimize(walk_cursor(bytes, layout_of<Pod>()));
  }
}
BENCHMARK(walk_with_cursor);

void walk_with_protozero(benchmark::State& state) {
  const std::string bytes = pod_protobuf();
  for (auto _ : state) {
    benchmark::DoNotOptimize(walk_protozero(bytes, layout_of<Pod>()));
  }
}
BENCHMARK(walk_with_protozero);

}  // namespace
}  // namespace kubevitals::kube
