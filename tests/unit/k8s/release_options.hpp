// The option sets that the goldens and the schema check are made from.
#pragma once

#include <map>
#include <string>

#include "pipeline/k8s/options.hpp"

namespace mlopsctl::k8s {

inline ReleaseOptions minimal() {
  ReleaseOptions options;
  options.name = "feedback";
  options.image = "registry.example.com/mlopsctl:0.1.0";
  options.replicas = 1;
  options.model = digest_of("the model");
  return options;
}

// Seed 5: ten replicas behind a load balancer, canary, autoscaled.
inline ReleaseOptions airline() {
  ReleaseOptions options = minimal();
  options.name = "airline-sentiment";
  options.name_space = "airline";
  options.image = "registry.example.com/mlopsctl@" + digest_of("the image").str();
  options.api = "airline-ulmfit";
  options.replicas = 10;
  options.port = 3000;
  options.service = {"LoadBalancer", 80, std::nullopt};
  options.strategy = {Strategy::Kind::canary, {10, 50, 100}};
  options.autoscale = Autoscale{10, 12, 60};
  options.delivery = {ModelDelivery::From::image_volume, "/model", "registry.example.com/models/airline@" + digest_of("the model image").str(), ""};
  options.labels = {{"example.com/team", "feedback"}};
  return options;
}

// A model that its pods and jobs fetch themselves, on the oldest Kubernetes.
inline ReleaseOptions fetched() {
  ReleaseOptions options = minimal();
  options.kubernetes = 31;
  options.delivery.from = ModelDelivery::From::download;
  options.delivery.url = "https://models.example.com/feedback";
  options.secret_env = {{"MODEL_TOKEN", {"models", "token"}}};
  options.egress = {{"10.0.0.0/8", 443}};
  options.jobs = {{"predict", {"predict", "--model", "/model/current", "--input", "/data/in.csv", "--output", "/data/out"}, "", "", "data"}};
  return options;
}

// Seed 2: node port, model on a volume, batch prediction, drift and retraining, a webhook from a Secret.
inline ReleaseOptions sentiment140() {
  ReleaseOptions options = minimal();
  options.name = "sentiment140";
  options.name_space = "sentiment";
  options.api = "sentiment140-k8s";
  options.replicas = 2;
  options.service = {"NodePort", 8000, 30080};
  options.strategy = {Strategy::Kind::blue_green, {}};
  options.resources = {"500m", "1Gi", "2", "2Gi"};
  options.delivery = {ModelDelivery::From::volume_claim, "sentiment140/current", "", "models"};
  options.env = {{"LOG_LEVEL", "info"}, {"ENABLED", "yes"}, {"ZIP", "01234"}};
  options.secret_env = {{"SLACK_WEBHOOK", {"slack", "webhook"}}};
  options.egress = {{"10.0.0.0/8", 5432}, {"0.0.0.0/0", 443}};
  options.jobs = {
      {"predict",
       {"predict", "--model", "/models/sentiment140/current", "--input", "/data/test.csv", "--output", "/data/predictions"},
       "0 3 * * *",
       "Etc/UTC",
       "data"},
      {"predict-once", {"predict", "--model", "/models/sentiment140/current", "--input", "/data/test.csv", "--output", "/data/predictions"}, "", "", "data"},
      {"drift", {"run", "-f", "/data/drift.yaml"}, "30 3 * * mon-fri", "", "data"},
      {"retrain", {"run", "-f", "/data/pipeline.yaml"}, "0 0 1 * *", "", "data", 86400 * 3, 1},
  };
  return options;
}

inline std::map<std::string, ReleaseOptions> option_sets() {
  return {{"minimal", minimal()}, {"airline", airline()}, {"sentiment140", sentiment140()}, {"fetched", fetched()}};
}

}  // namespace mlopsctl::k8s
