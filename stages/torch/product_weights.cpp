#include "stages/torch/product_weights.hpp"

#include <type_traits>

namespace mlopsctl::torch_cpu {

template <typename T>
ProductWeights<T>::ProductWeights(const finetune::NetworkOptions& options, const Layout& layout, const float* weights)
    : layout_(layout), weights_(weights), place_(layout.parameters.size()) {
  const int64_t hidden = options.shape.hidden, wide = options.shape.intermediate;
  for (const LayerParts& parts : layout.layers) {
    add(parts.query, 3 * hidden, hidden, layout.learns(parts.query) || layout.learns(parts.key) || layout.learns(parts.value));
    add(parts.out, hidden, hidden, layout.learns(parts.out));
    add(parts.up, wide, hidden, layout.learns(parts.up));
    add(parts.down, hidden, wide, layout.learns(parts.down));
  }
  if (options.objective == finetune::Objective::masked_language) {
    add(layout.transform, hidden, hidden, layout.learns(layout.transform));
    add(layout.word, options.shape.vocabulary, hidden, layout.learns(layout.word));
  }
}

template <typename T>
void ProductWeights<T>::add(size_t part, int64_t out, int64_t in, bool learns) {
  place_[part] = packed_.size();
  const bool tied = layout_.lowest_learning <= static_cast<int>(layout_.layers.size()) && part == layout_.word;  // the decoder of masked words
  packed_.push_back({part, out, in, learns, tied || layout_[part].layer >= layout_.lowest_learning, {}, {}});
}

template <typename T>
Weight<T> ProductWeights<T>::operator[](size_t part) const {
  const Packed& found = packed_[place_[part]];
  if constexpr (std::is_same_v<T, float>) return {found.out, found.in, weights_ + layout_[part].offset};
  else return {found.out, found.in, found.forward.get(), found.backward.get()};
}

template <typename T>
void ProductWeights<T>::refresh(bool all) {
  if constexpr (!std::is_same_v<T, float>) {
    for (Packed& each : packed_) {
      if (!all && !each.learns) continue;
      Bf16* backward = each.needs_backward ? each.backward.hold(packed_size(each.out, each.in)) : nullptr;
      pack(each.out, each.in, weights_ + layout_[each.part].offset, each.forward.hold(packed_size(each.in, each.out)), backward);
    }
  }
}

template class ProductWeights<float>;
template class ProductWeights<Bf16>;

}  // namespace mlopsctl::torch_cpu
