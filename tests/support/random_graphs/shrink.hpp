// A case that differs, made small: what is left still differs in some bit.
#pragma once

#include <functional>

#include "support/random_graphs/compare_engines.hpp"

namespace tf_injector::detail::test {

struct SmallCase {
  RandomCase c;
  Difference difference;
};

namespace detail {

inline std::optional<Difference> difference_of(const RandomCase& c, const EngineSetting& how) {
  AllScores expected = reference_scores(c);
  return first_difference(c, how, expected);
}

// Takes the smaller case if it differs too.
inline bool take(SmallCase& best, RandomCase smaller, const EngineSetting& how) {
  std::optional<Difference> difference;
  try {
    difference = difference_of(smaller, how);
  } catch (const std::exception&) {  // it is no network any more
    return false;
  }
  if (!difference) return false;
  best = {std::move(smaller), *difference};
  return true;
}

// Nodes that the scores do not need, taken out; weights stay, inputs too.
inline void drop_unread(Graph& graph) {
  std::vector<bool> needed(graph.nodes.size(), false);
  for (const NodeId id : graph.inputs) needed[static_cast<size_t>(id)] = true;
  needed[static_cast<size_t>(graph.outputs[0])] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const NodeId input : graph.nodes[i].inputs) needed[static_cast<size_t>(input)] = true;
  }
  std::vector<NodeId> moved(graph.nodes.size(), -1);
  std::vector<Node> nodes;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    moved[i] = static_cast<NodeId>(nodes.size());
    nodes.push_back(graph.nodes[i]);
    for (NodeId& input : nodes.back().inputs) input = moved[static_cast<size_t>(input)];
  }
  graph.nodes = std::move(nodes);
  for (NodeId& id : graph.inputs) id = moved[static_cast<size_t>(id)];
  graph.outputs[0] = moved[static_cast<size_t>(graph.outputs[0])];
}

inline void shrink_settings(SmallCase& best) {
  EngineSetting how = best.difference.how;
  const auto attempt = [&](auto change) {
    EngineSetting simpler = how;
    change(simpler);
    if (take(best, best.c, simpler)) how = simpler;
  };
  attempt([](EngineSetting& s) { s.threads = 1; });
  attempt([](EngineSetting& s) { s.tile = 1; });
  attempt([](EngineSetting& s) { s.joins_golden = false; });
  attempt([](EngineSetting& s) { s.block = s.piece = 1000; });
  attempt([](EngineSetting& s) { s.size = 0; });
}

// Halves, quarters, ... of the faults; at last single ones.
inline void shrink_faults(SmallCase& best) {
  for (size_t part = best.c.faults.size() / 2; part >= 1; part /= 2) {
    for (size_t first = 0; first < best.c.faults.size();) {
      RandomCase smaller = best.c;
      const auto begin = smaller.faults.begin() + static_cast<std::ptrdiff_t>(first);
      smaller.faults.erase(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(part, smaller.faults.size() - first)));
      if (!take(best, std::move(smaller), best.difference.how)) first += part;
    }
  }
}

// Parts that are not needed, left out.
inline void shrink_parts(SmallCase& best) {
  for (size_t f = 0; f < best.c.faults.size(); ++f) {
    for (size_t part = 0; best.c.faults[f].size() > 1 && part < best.c.faults[f].size();) {
      RandomCase smaller = best.c;
      smaller.faults[f].erase(smaller.faults[f].begin() + static_cast<std::ptrdiff_t>(part));
      if (!take(best, std::move(smaller), best.difference.how)) ++part;
    }
  }
}

// The image alone, or those in front of it, where its place in the batch is needed.
inline void shrink_images(SmallCase& best) {
  const auto keep = [&](int64_t first, int64_t count, int batch_size) {
    RandomCase smaller = best.c;
    smaller.images = static_cast<int>(count);
    smaller.batch_size = batch_size;
    for (std::vector<float>& input : smaller.inputs) {
      const auto elements = static_cast<std::ptrdiff_t>(input.size()) / best.c.images;
      input =
          std::vector<float>(input.begin() + first * elements, input.begin() + (first + count) * elements);
    }
    return take(best, std::move(smaller), best.difference.how);
  };
  const int64_t image = best.difference.image;
  if (keep(image, 1, 1)) return;
  if (best.c.images > 2 && image > 0 && keep(image - 1, 2, 2)) return;
  keep(0, image + 1, best.c.batch_size);
}

// The first node that differs when it is scored itself.
inline void shrink_end(SmallCase& best) {
  for (NodeId id = 0; id < best.c.graph.outputs[0]; ++id) {
    RandomCase smaller = best.c;
    smaller.graph.outputs[0] = id;
    if (std::holds_alternative<ops::Input>(smaller.graph.nodes[static_cast<size_t>(id)].op)) continue;
    if (take(best, std::move(smaller), best.difference.how)) break;
  }
  drop_unread(best.c.graph);
}

// Nodes whose input has their shape, left out.
inline void shrink_middle(SmallCase& best) {
  for (NodeId id = best.c.graph.outputs[0]; id >= 0; --id) {
    const Node node = best.c.graph.nodes[static_cast<size_t>(id)];
    for (const NodeId input : node.inputs) {
      if (best.c.graph.nodes[static_cast<size_t>(input)].shape != node.shape) continue;
      RandomCase smaller = best.c;
      for (Node& reader : smaller.graph.nodes)
        std::replace(reader.inputs.begin(), reader.inputs.end(), id, input);
      if (id == smaller.graph.outputs[0]) smaller.graph.outputs[0] = input;
      if (take(best, std::move(smaller), best.difference.how)) break;
    }
  }
  drop_unread(best.c.graph);
}

}  // namespace detail

inline SmallCase shrink(const RandomCase& c, const Difference& difference) {
  SmallCase best{c, difference};
  detail::shrink_settings(best);
  detail::shrink_end(best);
  detail::shrink_images(best);
  detail::shrink_faults(best);
  detail::shrink_parts(best);
  detail::shrink_middle(best);
  detail::shrink_faults(best);
  best.difference = detail::difference_of(best.c, best.difference.how).value_or(best.difference);
  return best;
}

}  // namespace tf_injector::detail::test
