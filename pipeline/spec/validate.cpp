#include "pipeline/spec/validate.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/spec/scalars.hpp"
#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

class Walker {
 public:
  explicit Walker(Findings& findings) : findings_(findings) {}

  Json value(const Type& type, const Node& node, const Node* key);

 private:
  // Lengthens the path while it lives.
  class Step {
   public:
    Step(std::string& path, std::string_view name) : path_(path), length_(path.size()) {
      if (!path_.empty()) path_ += '.';
      path_ += name;
    }
    ~Step() { path_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    size_t length_;
  };

  void fault(const Node& at, const Node* key, std::string message, std::string hint = {});
  void wrong_kind(const Type& type, const Node& node, const Node* key);

  // The fields of `node`, a mapping. Where they are those of one alternative of a variant, `family` is the variant and `chosen` the one.
  Json fields(const std::vector<Field>& fields, const Node& node, const Node* key, const Type* family = nullptr, const Alternative* chosen = nullptr);
  void unknown_key(const std::vector<Field>& fields, const Node& key, const Type* family, const Alternative* chosen);
  void missing_key(const Field& field, const Node& node, const Node* key);

  Json list(const Type& type, const Node& node, const Node* key);
  Json map(const Type& type, const Node& node, const Node* key);
  Json variant(const Type& type, const Node& node, const Node* key);
  Json steps(const Type& type, const Node& node);
  Json step(const Type& type, const Node& item);
  Json any_of(const Type& type, const Node& node, const Node* key);
  void check_size(const Type& type, size_t size, const Node& node, const Node* key);

  Findings& findings_;
  std::string path_;
};

void Walker::fault(const Node& at, const Node* key, std::string message, std::string hint) {
  Error error = config_error(std::move(message));
  error.span = (at.kind == Node::Kind::null && key != nullptr ? *key : at).span();
  error.field = path_;
  error.hint = std::move(hint);
  findings_.errors.push_back(std::move(error));
}

void Walker::wrong_kind(const Type& type, const Node& node, const Node* key) {
  std::string hint;
  const std::string example = sample(type);
  if ((type.kind == Type::Kind::list || type.kind == Type::Kind::steps) && node.kind == Node::Kind::scalar) hint = "write a list: [" + node.scalar + "]";
  else if (type.kind == Type::Kind::variant && node.kind == Node::Kind::scalar) hint = "write {" + type.discriminator + ": " + node.scalar + "}";
  else if (node.kind == Node::Kind::null && example.empty()) hint = "write it below, indented";
  else if (!example.empty()) hint = "write a value such as " + example;
  fault(node, key, "expected " + phrase(type) + ", got " + node.describe(), std::move(hint));
}

Json Walker::value(const Type& type, const Node& node, const Node* key) {
  const auto expect = [&](Node::Kind kind) {
    if (node.kind == kind) return true;
    wrong_kind(type, node, key);
    return false;
  };
  switch (type.kind) {
    case Type::Kind::list:
      return expect(Node::Kind::sequence) ? list(type, node, key) : Json();
    case Type::Kind::steps:
      return expect(Node::Kind::sequence) ? steps(type, node) : Json();
    case Type::Kind::map:
      return expect(Node::Kind::mapping) ? map(type, node, key) : Json();
    case Type::Kind::object:
      return expect(Node::Kind::mapping) ? fields(type.fields, node, key) : Json();
    case Type::Kind::variant:
      return expect(Node::Kind::mapping) ? variant(type, node, key) : Json();
    case Type::Kind::any_of:
      return any_of(type, node, key);
    default:
      break;
  }
  if (!expect(Node::Kind::scalar)) return nullptr;
  if (type.kind == Type::Kind::model) findings_.models.push_back({path_, &node});
  auto read = read_scalar(type, node);
  if (auto* wrong = std::get_if<ScalarFault>(&read)) {
    if (type.kind == Type::Kind::secret) findings_.secrets.push_back(node.scalar);
    fault(node, key, std::move(wrong->message), std::move(wrong->hint));
    return nullptr;
  }
  return std::get<Json>(std::move(read));
}

Json Walker::fields(const std::vector<Field>& fields, const Node& node, const Node* key, const Type* family, const Alternative* chosen) {
  Json result = Json::object();
  for (const auto& entry : node.entries) {
    if (family != nullptr && entry.key.scalar == family->discriminator) continue;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == entry.key.scalar; });
    if (field == fields.end()) {
      unknown_key(fields, entry.key, family, chosen);
      continue;
    }
    const Step step(path_, field->name);
    const bool absent = entry.value.kind == Node::Kind::null;
    if (absent && (field->default_value || field->optional)) continue;
    findings_.places.push_back({path_, absent ? &entry.key : &entry.value});
    result[field->name] = value(*field->type, entry.value, &entry.key);
  }
  for (const auto& field : fields) {
    auto& object = result.get_ref<Json::object_t&>();
    const auto next = object.lower_bound(field.name);
    if (next != object.end() && next->first == field.name) continue;
    if (!field.default_value && !field.optional) missing_key(field, node, key);
    object.emplace_hint(next, field.name, field.default_value ? *field.default_value : Json());
  }
  return result;
}

void Walker::unknown_key(const std::vector<Field>& fields, const Node& key, const Type* family, const Alternative* chosen) {
  auto known = names_of(fields);
  if (family != nullptr) known.insert(known.begin(), family->discriminator);
  const std::string name = "\"" + key.scalar + "\"";
  const std::string keys = known.empty() ? "remove it; nothing can be set here" : "use one of the keys " + comma_list(known);
  if (family != nullptr && chosen != nullptr) {
    std::vector<std::string> owners;
    for (const auto& other : family->alternatives)
      if (std::any_of(other.fields.begin(), other.fields.end(), [&](const Field& f) { return f.name == key.scalar; })) owners.push_back(other.name);
    if (!owners.empty()) {
      fault(key, nullptr, "key " + name + " does not belong to " + family->discriminator + " " + chosen->name + "; it is a key of " + one_of(owners), keys);
      return;
    }
  }
  const auto near = nearest(key.scalar, known);
  fault(key, nullptr, "unknown key " + name + (near ? "; did you mean \"" + *near + "\"?" : ""), keys);
}

void Walker::missing_key(const Field& field, const Node& node, const Node* key) {
  const std::string example = sample(*field.type);
  Error error = config_error("missing key \"" + field.name + "\": expected " + phrase(*field.type));
  error.span = (key != nullptr ? *key : node).span();
  error.field = path_;
  error.hint = example.empty() ? "add `" + field.name + ":`" : "add `" + field.name + ": " + example + "`";
  findings_.errors.push_back(std::move(error));
}

void Walker::check_size(const Type& type, size_t size, const Node& node, const Node* key) {
  const auto count = static_cast<double>(size);
  const bool few = type.minimum && count < *type.minimum, many = type.maximum && count > *type.maximum;
  if (!few && !many) return;
  const double bound = few ? *type.minimum : *type.maximum;
  const std::string which = type.minimum == type.maximum ? "exactly " : few ? "at least " : "at most ";
  const std::string unit = type.kind == Type::Kind::map ? (bound == 1 ? " entry" : " entries") : (bound == 1 ? " item" : " items");
  fault(node, key, "expected " + which + show_number(bound) + unit + ", got " + (size == 0 ? "none" : std::to_string(size)),
        size == 0 ? "write the first one below it, indented" : "");
}

Json Walker::list(const Type& type, const Node& node, const Node* key) {
  check_size(type, node.items.size(), node, key);
  Json result = Json::array();
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Step step(path_, std::to_string(i));
    findings_.places.push_back({path_, &node.items[i]});
    result.push_back(value(*type.element, node.items[i], nullptr));
  }
  return result;
}

Json Walker::map(const Type& type, const Node& node, const Node* key) {
  check_size(type, node.entries.size(), node, key);
  Json result = Json::object();
  for (const auto& entry : node.entries) {
    const Step step(path_, entry.key.scalar);
    if (type.names_only && !is_name(entry.key.scalar)) {
      fault(entry.key, nullptr, "\"" + entry.key.scalar + "\" cannot be a name; expected letters, digits, '_' or '-', at most 63, the first a letter or digit",
            "rename it, for example " + to_name(entry.key.scalar));
    }
    findings_.places.push_back({path_, &entry.value});
    result[entry.key.scalar] = value(*type.element, entry.value, &entry.key);
  }
  return result;
}

Json Walker::variant(const Type& type, const Node& node, const Node* key) {
  const auto names = [&] { return names_of(type.alternatives); };
  const auto entry = std::find_if(node.entries.begin(), node.entries.end(), [&](const auto& e) { return e.key.scalar == type.discriminator; });
  if (entry == node.entries.end() || entry->value.kind == Node::Kind::null) {
    Error error = config_error("missing key \"" + type.discriminator + "\": expected " + one_of(names()));
    error.span = (entry != node.entries.end() ? entry->key : key != nullptr ? *key : node).span();
    error.field = path_;
    error.hint = "add `" + type.discriminator + ":` and one of these";
    findings_.errors.push_back(std::move(error));
    return nullptr;
  }
  const auto chosen = std::find_if(type.alternatives.begin(), type.alternatives.end(), [&](const auto& a) { return a.name == entry->value.scalar; });
  if (entry->value.kind != Node::Kind::scalar || chosen == type.alternatives.end()) {
    const Step step(path_, type.discriminator);
    if (entry->value.kind != Node::Kind::scalar) {
      fault(entry->value, &entry->key, "expected " + one_of(names()) + ", got " + entry->value.describe());
      return nullptr;
    }
    const auto near = nearest(entry->value.scalar, names());
    fault(entry->value, &entry->key, "unknown " + type.discriminator + " \"" + entry->value.scalar + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""),
          "use " + one_of(names()));
    return nullptr;
  }
  {
    const Step step(path_, type.discriminator);
    findings_.places.push_back({path_, &entry->value});
  }
  Json result = fields(chosen->fields, node, key, &type, &*chosen);
  result[type.discriminator] = chosen->name;
  return result;
}

Json Walker::steps(const Type& type, const Node& node) {
  Json result = Json::array();
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Step at(path_, std::to_string(i));
    findings_.places.push_back({path_, &node.items[i]});
    result.push_back(step(type, node.items[i]));
  }
  return result;
}

Json Walker::step(const Type& type, const Node& item) {
  const auto names = [&] { return names_of(type.alternatives); };
  const bool bare = item.kind == Node::Kind::scalar;
  const bool with_options = item.kind == Node::Kind::mapping && !item.entries.empty();
  if (!bare && !with_options) {
    fault(item, nullptr, "expected a step: its name, or its name with options, got " + item.describe(),
          type.alternatives.empty() ? "" : "write " + type.alternatives.front().name);
    return nullptr;
  }
  if (with_options && item.entries.size() > 1) {
    fault(item, nullptr, "expected one step, got a mapping with " + std::to_string(item.entries.size()) + " keys",
          "write the options below the step: " + item.entries[0].key.scalar + ": {" + item.entries[1].key.scalar + ": ...}");
    return nullptr;
  }
  const Node& name = bare ? item : item.entries.front().key;
  const auto chosen = std::find_if(type.alternatives.begin(), type.alternatives.end(), [&](const auto& a) { return a.name == name.scalar; });
  if (chosen == type.alternatives.end()) {
    const auto near = nearest(name.scalar, names());
    fault(name, nullptr, "unknown step \"" + name.scalar + "\"" + (near ? "; did you mean \"" + *near + "\"?" : ""), "use one of " + comma_list(names()));
    return nullptr;
  }
  const Node none;
  const Node& options = bare || item.entries.front().value.kind == Node::Kind::null ? none : item.entries.front().value;
  if (options.kind != Node::Kind::null && options.kind != Node::Kind::mapping) {
    fault(options, &name, "expected the options of " + name.scalar + " as a mapping, got " + options.describe(),
          chosen->fields.empty() ? "write " + name.scalar + " alone; it has no options"
                                 : "write " + name.scalar + ": {" + chosen->fields.front().name + ": " + sample(*chosen->fields.front().type) + "}");
    return nullptr;
  }
  Json result = fields(chosen->fields, options, &name);
  result["step"] = chosen->name;
  return result;
}

// How well a node suits a type: 2 it does, 1 it has the right shape, 0 it does not.
int suits(const Type& type, const Node& node) {
  switch (type.kind) {
    case Type::Kind::list:
    case Type::Kind::steps:
      return node.kind == Node::Kind::sequence ? 2 : 0;
    case Type::Kind::map:
    case Type::Kind::object:
    case Type::Kind::variant:
      return node.kind == Node::Kind::mapping ? 2 : 0;
    case Type::Kind::any_of: {
      int best = 0;
      for (const auto& option : type.options) best = std::max(best, suits(*option, node));
      return best;
    }
    default:
      break;
  }
  if (node.kind != Node::Kind::scalar) return 0;
  return std::holds_alternative<Json>(read_scalar(type, node)) ? 2 : 1;
}

Json Walker::any_of(const Type& type, const Node& node, const Node* key) {
  const Type* shaped = nullptr;
  int count = 0;
  for (const auto& option : type.options) {
    const int fit = suits(*option, node);
    if (fit == 2) return value(*option, node, key);
    if (fit == 1) shaped = option.get(), ++count;
  }
  if (count == 1) return value(*shaped, node, key);
  wrong_kind(type, node, key);
  return nullptr;
}

}  // namespace

Json validate(const Type& type, const Node& node, const Node* key, Findings& findings) { return Walker(findings).value(type, node, key); }

}  // namespace mlopsctl::spec
