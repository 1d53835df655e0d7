#include "answers/domain_walk.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "sampling/draw.hpp"

namespace tf_injector::detail {
namespace {

constexpr uint64_t kOrderSeed = 20;
constexpr size_t kNone = SIZE_MAX;

// A group of the design: what is left of its faults, and of its sample.
struct Group {
  double population = 0, left = 0;
  int64_t rows = 0, rows_left = 0;
  std::vector<size_t> cells;
};

// A domain's part in a group.
struct Part {
  size_t group = 0;
  double left = 0;
};

// How a domain sees the groups.
struct View {
  std::vector<Part> parts;
  double reach = 0;  // sum of rows_left x (share of the group's left units that are the domain's)
  double most = 0;   // the largest left / rows_left of its groups
};

class Walk {
 public:
  Walk(const SampleDesign& design, std::vector<Domain>& domains)
      : design_(design),
        domains_(domains),
        domain_of_cell_(design.cells.size(), kNone),
        views_(domains.size()) {
    groups_.resize(design.groups);
    for (size_t c = 0; c < design.cells.size(); ++c) {
      const DesignCell& cell = design.cells[c];
      cell_left_.push_back(cell.population);
      groups_[cell.group].population += cell.population;
      groups_[cell.group].left += cell.population;
      groups_[cell.group].cells.push_back(c);
    }
    for (const size_t cell : design.cell_of_row) ++groups_[design.cells[cell].group].rows;
    for (Group& group : groups_) group.rows_left = group.rows;
    parts_of_group_.resize(groups_.size());
    for (size_t d = 0; d < domains.size(); ++d) open(d);
  }

  void run() {
    for (size_t g = 0; g < groups_.size(); ++g)
      if (groups_[g].rows == 0) lose(g);
    PythonRandom random(kOrderSeed);
    for (const int64_t row : random_order(random, static_cast<int64_t>(design_.cell_of_row.size())))
      take(static_cast<size_t>(row));
  }

 private:
  void open(size_t d) {
    Domain& domain = domains_[d];
    std::map<size_t, double> parts;
    for (const size_t cell : domain.cells) {
      domain_of_cell_[cell] = d;
      domain.population += design_.cells[cell].population;
      parts[design_.cells[cell].group] += design_.cells[cell].population;
    }
    domain.is_one_group = parts.size() <= 1;
    for (const auto& [group, left] : parts) {
      parts_of_group_[group].emplace_back(d, views_[d].parts.size());
      views_[d].parts.push_back({group, left});
    }
    renew(d);
    if (!domain.is_one_group) domain.lost = expected_losses(views_[d], domain.population);
  }

  // A group's sample has ended after a part t of the whole with the probability t^rows.
  [[nodiscard]] std::vector<double> expected_losses(const View& view, double population) const {
    constexpr int kParts = 50;
    std::vector<double> losses;
    for (int i = 1; i <= kParts; ++i) {
      double lost = 0;
      for (const Part& part : view.parts) {
        const double ended =
            std::pow(static_cast<double>(i) / kParts, static_cast<double>(groups_[part.group].rows));
        lost += part.left / population * ended;
      }
      losses.push_back(lost);
    }
    return losses;
  }

  // Sums over all groups of a domain again.
  void renew(size_t d) {
    View& view = views_[d];
    view.reach = view.most = 0;
    for (const Part& part : view.parts) {
      const Group& group = groups_[part.group];
      if (group.rows_left == 0 || group.left <= 0) continue;
      view.reach += static_cast<double>(group.rows_left) * part.left / group.left;
      view.most = std::max(view.most, group.left / static_cast<double>(group.rows_left));
    }
  }

  void take(size_t row) {
    const size_t c = design_.cell_of_row[row];
    const size_t g = design_.cells[c].group, d = domain_of_cell_[c];
    const Group& group = groups_[g];
    if (d != kNone) {
      Domain& domain = domains_[d];
      const View& view = views_[d];
      const double of_group = group.left / static_cast<double>(group.rows_left);
      const double one = view.parts.front().left / domain.population;  // where all are equally likely
      const double reach = view.reach / domain.population;
      domain.events.push_back({.row = static_cast<int64_t>(row),
                               .cell = c,
                               .ratio = domain.is_one_group ? one : of_group * reach,
                               .most = domain.is_one_group ? one : view.most * reach,
                               .weight = group.population / static_cast<double>(group.rows),
                               .lost = 0});
      ++domain.rows;
    }
    draw(g, c, d);
  }

  // What is left after a row of a group.
  void draw(size_t g, size_t cell, size_t of_domain) {
    Group& group = groups_[g];
    const auto rows_before = static_cast<double>(group.rows_left);
    const double left_before = group.left;
    --group.rows_left;
    group.left = std::max(group.left - 1, 0.0);
    cell_left_[cell] = std::max(cell_left_[cell] - 1, 0.0);
    for (const auto& [d, p] : parts_of_group_[g]) {
      Part& part = views_[d].parts[p];
      const double before = part.left;
      if (d == of_domain) part.left = std::max(part.left - 1, 0.0);
      if (domains_[d].is_one_group || group.rows_left == 0 || group.left <= 0) continue;
      View& view = views_[d];
      view.reach +=
          static_cast<double>(group.rows_left) * part.left / group.left - rows_before * before / left_before;
      view.most = std::max(view.most, group.left / static_cast<double>(group.rows_left));
    }
    if (group.rows_left == 0) lose(g);
  }

  // No row of a group is left: of domains that go on with others, its units are out of reach.
  void lose(size_t g) {
    for (const auto& [d, _] : parts_of_group_[g]) {
      if (domains_[d].is_one_group) continue;
      for (const size_t cell : groups_[g].cells) {
        if (domain_of_cell_[cell] != d || cell_left_[cell] <= 0) continue;
        domains_[d].events.push_back(
            {.row = -1, .cell = cell, .ratio = 0, .most = 0, .weight = 0, .lost = cell_left_[cell]});
      }
      renew(d);
    }
  }

  const SampleDesign& design_;
  std::vector<Domain>& domains_;
  std::vector<size_t> domain_of_cell_;
  std::vector<View> views_;
  std::vector<Group> groups_;
  std::vector<double> cell_left_;
  std::vector<std::vector<std::pair<size_t, size_t>>> parts_of_group_;  // domains and their parts
};

}  // namespace

void walk(const SampleDesign& design, std::vector<Domain>& domains) { Walk(design, domains).run(); }

}  // namespace tf_injector::detail
