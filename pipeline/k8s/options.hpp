// ReleaseOptions: what a release asks of a cluster. Plain values with sensible defaults; faults() says what cannot work.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/k8s/rollout/verdict.hpp"

namespace mlopsctl::k8s {

// Kubernetes quantities: "250m", "1", "512Mi".
struct Resources {
  std::string cpu_request = "250m", memory_request = "512Mi";
  std::string cpu_limit = "1", memory_limit = "1Gi";
};

struct ServiceOptions {
  std::string type = "ClusterIP";  // or NodePort, LoadBalancer
  int port = 80;
  std::optional<int> node_port;
};

// How a new model takes over; an annotation says it to who deploys (rollout/rollout.hpp).
struct Strategy {
  enum class Kind { rolling, blue_green, canary };
  Kind kind = Kind::rolling;
  std::vector<int> percentages;  // of canary: ascending, the last is 100
};

struct Autoscale {
  int min = 2, max = 10;
  int cpu = 70;  // percent of the CPU request, averaged over the pods
};

// How the model's folder comes into the pod.
struct ModelDelivery {
  enum class From {
    image,         // it is part of the server's image
    image_volume,  // an OCI image of its own, mounted read-only (Kubernetes 1.35 or newer)
    volume_claim,  // a PersistentVolumeClaim, mounted read-only
    download       // an init container fetches it by its digest from where `mlopsctl model publish` put it
  };
  From from = From::image;
  std::string path = "/model";  // where the model's folder is inside the container; of a claim: its sub-folder; of a download: below it, as "current"
  std::string reference;        // of image_volume: the image
  std::string claim;            // of volume_claim
  std::string url = {};         // of download: "https://models.example.com/airline"
};

struct SecretRef {
  std::string secret, key;
};

// A batch job with the server's image: a Job, or with `cron` a CronJob.
struct JobOptions {
  std::string name;               // "predict"
  std::vector<std::string> args;  // of mlopsctl; $(MLOPSCTL_JOB) in them stands for the name of the very Job
  std::string cron;               // five fields; empty: run once per release
  std::string time_zone;          // IANA; empty: the controller's
  std::string claim;              // a PersistentVolumeClaim mounted read-write at /data; empty: none
  int64_t deadline_seconds = 86400;
  int retries = 3;
};

// Traffic the server may start itself, besides DNS.
struct Egress {
  std::string cidr;
  int port = 443;
};

struct ReleaseOptions {
  std::string name;  // of every object: a DNS label
  std::string name_space = "default";
  bool create_namespace = true;  // with Pod Security "restricted" enforced; never done for "default"
  int kubernetes = 0;            // 35: it has to run on 1.35 and newer; 0: not said
  std::string image;             // the server's
  int replicas = 2;
  int port = 8080;  // in the container
  ServiceOptions service;
  Strategy strategy;
  Gates gates;
  Resources resources;
  std::optional<Autoscale> autoscale;  // then it owns the number of replicas
  std::string api = "inference-v2";    // wire format
  ModelDelivery delivery;
  Digest model;                                 // what the pods serve; all zero: not known yet
  std::map<std::string, std::string> env;       // plain values, kept in the ConfigMap
  std::map<std::string, SecretRef> secret_env;  // values from Secrets that exist already
  std::map<std::string, std::string> labels;    // added to every object, never to selectors
  std::vector<Egress> egress;
  std::vector<JobOptions> jobs;
  int grace_seconds = 45;  // between SIGTERM and the end
};

// Everything that the API server, the scheduler or common sense would refuse. Error::field is relative ("strategy.canary").
std::vector<Error> faults(const ReleaseOptions& options);
// What will work, but not as one might think.
std::vector<std::string> warnings(const ReleaseOptions& options);

// Whether `replicas` pods can express that share of traffic by their number alone, after rounding to a whole number: 3 -> 33, 67, 100.
bool can_express(int replicas, int percent);
// "33, 67 or 100 %"; of more than 12 pods "multiples of 5 %".
std::string expressible_text(int replicas);
// The fewest pods, at most 100, that can express every one of them.
std::optional<int> fewest_replicas(const std::vector<int>& percentages);

}  // namespace mlopsctl::k8s
