// SPDX-License-Identifier: BSL-1.0
#include "gui/model/graph_layout.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel::gui {

namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

/// A node of the graph or a place-holder of an edge.
struct site {
    int layer = 0;
    bool real = false;
    std::vector<int> before, after; ///< neighbours in the layers beside it
    double y = 0;
};

class drawing {
  public:
    drawing(const layout_graph& graph, const layout_options& options)
        : graph_(graph), options_(options), reversed_(graph.edges.size(), false) {}

    layout make() {
        break_cycles();
        find_layers();
        place_sites();
        order_sites();
        set_heights();
        return finish();
    }

  private:
    int tail(std::size_t e) const {
        return reversed_[e] ? graph_.edges[e].to : graph_.edges[e].from;
    }
    int head(std::size_t e) const {
        return reversed_[e] ? graph_.edges[e].from : graph_.edges[e].to;
    }
    bool loop(std::size_t e) const { return graph_.edges[e].from == graph_.edges[e].to; }

    // ---- layers ---------------------------------------------------------------------------------

    /// Edges that lead back to a node on the path of a depth-first search count the other way.
    void break_cycles() {
        std::vector<int> state(at(graph_.nodes), 0);
        std::vector<std::vector<std::size_t>> out(at(graph_.nodes));
        for (std::size_t e = 0; e < graph_.edges.size(); ++e)
            out[at(graph_.edges[e].from)].push_back(e);
        std::vector<std::pair<int, std::size_t>> path;
        for (int root = 0; root < graph_.nodes; ++root) {
            if (state[at(root)] != 0)
                continue;
            path.emplace_back(root, 0);
            state[at(root)] = 1;
            while (!path.empty()) {
                auto& [node, next] = path.back();
                if (next == out[at(node)].size()) {
                    state[at(node)] = 2;
                    path.pop_back();
                    continue;
                }
                const std::size_t e = out[at(node)][next++];
                const int to = graph_.edges[e].to;
                if (state[at(to)] == 1)
                    reversed_[e] = true;
                else if (state[at(to)] == 0) {
                    state[at(to)] = 1;
                    path.emplace_back(to, 0);
                }
            }
        }
    }

    void find_layers() {
        layers_.assign(at(graph_.nodes), 0);
        for (int round = 0; round < graph_.nodes; ++round)
            for (std::size_t e = 0; e < graph_.edges.size(); ++e)
                if (!loop(e))
                    layers_[at(head(e))] = std::max(layers_[at(head(e))], layers_[at(tail(e))] + 1);
        layer_count_ = layers_.empty() ? 0 : *std::max_element(layers_.begin(), layers_.end()) + 1;
    }

    // ---- sites ----------------------------------------------------------------------------------

    void place_sites() {
        order_.resize(at(layer_count_));
        for (int n = 0; n < graph_.nodes; ++n)
            add_site(layers_[at(n)], true);
        chains_.resize(graph_.edges.size());
        for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
            chains_[e] = {tail(e)};
            if (loop(e))
                continue;
            for (int layer = layers_[at(tail(e))] + 1; layer < layers_[at(head(e))]; ++layer)
                chains_[e].push_back(add_site(layer, false));
            chains_[e].push_back(head(e));
            for (std::size_t i = 1; i < chains_[e].size(); ++i)
                connect(chains_[e][i - 1], chains_[e][i]);
        }
    }
    int add_site(int layer, bool real) {
        const auto index = static_cast<int>(sites_.size());
        sites_.push_back({layer, real, {}, {}, 0});
        order_[at(layer)].push_back(index);
        return index;
    }
    void connect(int a, int b) {
        sites_[at(a)].after.push_back(b);
        sites_[at(b)].before.push_back(a);
    }

    // ---- orders ---------------------------------------------------------------------------------

    std::vector<int> places() const {
        std::vector<int> place(sites_.size());
        for (const auto& layer : order_)
            for (std::size_t i = 0; i < layer.size(); ++i)
                place[at(layer[i])] = static_cast<int>(i);
        return place;
    }

    long crossings() const {
        const std::vector<int> place = places();
        long count = 0;
        for (const auto& layer : order_) {
            std::vector<std::pair<int, int>> ends;
            for (const int s : layer)
                for (const int to : sites_[at(s)].after)
                    ends.emplace_back(place[at(s)], place[at(to)]);
            for (std::size_t i = 0; i < ends.size(); ++i)
                for (std::size_t j = i + 1; j < ends.size(); ++j)
                    count +=
                        (ends[i].first - ends[j].first) * (ends[i].second - ends[j].second) < 0;
        }
        return count;
    }

    void sort_layer(int layer, bool by_before) {
        const std::vector<int> place = places();
        const auto weight = [&](int s) {
            const auto& near = by_before ? sites_[at(s)].before : sites_[at(s)].after;
            if (near.empty())
                return static_cast<double>(place[at(s)]);
            double sum = 0;
            for (const int n : near)
                sum += place[at(n)];
            return sum / static_cast<double>(near.size());
        };
        std::stable_sort(order_[at(layer)].begin(), order_[at(layer)].end(),
                         [&](int a, int b) { return weight(a) < weight(b); });
    }

    void order_sites() {
        auto best = order_;
        long fewest = crossings();
        for (int sweep = 0; sweep < options_.sweeps && fewest > 0; ++sweep) {
            const bool forward = sweep % 2 == 0;
            for (int i = 1; i < layer_count_; ++i)
                sort_layer(forward ? i : layer_count_ - 1 - i, forward);
            swap_neighbours();
            if (const long now = crossings(); now < fewest) {
                fewest = now;
                best = order_;
            }
        }
        order_ = std::move(best);
    }

    /// Swaps what is side by side wherever that leaves fewer crossings.
    void swap_neighbours() {
        long now = crossings();
        for (auto& layer : order_)
            for (std::size_t i = 1; i < layer.size() && now > 0; ++i) {
                std::swap(layer[i - 1], layer[i]);
                if (const long then = crossings(); then < now)
                    now = then;
                else
                    std::swap(layer[i - 1], layer[i]);
            }
    }

    // ---- heights --------------------------------------------------------------------------------

    double distance(int upper, int lower) const {
        const bool a = sites_[at(upper)].real, b = sites_[at(lower)].real;
        const double half = options_.node_height / 2;
        return (a ? half : 0) + (b ? half : 0) + (a && b ? options_.node_gap : options_.lane_gap);
    }

    double wanted(int s) const {
        double sum = 0, weight = 0;
        for (const auto* near : {&sites_[at(s)].before, &sites_[at(s)].after})
            for (const int n : *near) {
                const double pull = !sites_[at(s)].real && !sites_[at(n)].real ? 4 : 1;
                sum += pull * sites_[at(n)].y;
                weight += pull;
            }
        return weight == 0 ? sites_[at(s)].y : sum / weight;
    }

    /// The heights nearest to those wanted (least squares) that keep order and distances: pooling
    /// of adjacent violators.
    void settle(const std::vector<int>& layer) {
        struct pool {
            double sum;
            int count;
            double mean() const { return sum / count; }
        };
        std::vector<double> offset(layer.size(), 0);
        for (std::size_t i = 1; i < layer.size(); ++i)
            offset[i] = offset[i - 1] + distance(layer[i - 1], layer[i]);
        std::vector<pool> pools;
        for (std::size_t i = 0; i < layer.size(); ++i) {
            pools.push_back({wanted(layer[i]) - offset[i], 1});
            while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
                pools[pools.size() - 2].sum += pools.back().sum;
                pools[pools.size() - 2].count += pools.back().count;
                pools.pop_back();
            }
        }
        std::size_t i = 0;
        for (const pool& p : pools)
            for (int n = 0; n < p.count; ++n, ++i)
                sites_[at(layer[i])].y = p.mean() + offset[i];
    }

    void set_heights() {
        for (const auto& layer : order_) {
            double y = 0;
            for (std::size_t i = 0; i < layer.size(); ++i) {
                y += i == 0 ? 0 : distance(layer[i - 1], layer[i]);
                sites_[at(layer[i])].y = y;
            }
            for (const int s : layer)
                sites_[at(s)].y -= y / 2;
        }
        constexpr int rounds = 25; // the last one left to right
        for (int round = 0; round < rounds; ++round)
            for (int i = 0; i < layer_count_; ++i)
                settle(order_[at(round % 2 == 0 ? i : layer_count_ - 1 - i)]);
        if (layer_count_ > 0)
            settle(order_.front());
    }

    // ---- result ---------------------------------------------------------------------------------

    double centre_x(int layer) const {
        return options_.node_width / 2 + layer * (options_.node_width + options_.layer_gap);
    }

    layout finish() const {
        layout result;
        double top = 0, bottom = 0;
        for (const site& s : sites_) {
            const double half = s.real ? options_.node_height / 2 : 0;
            top = std::min(top, s.y - half);
            bottom = std::max(bottom, s.y + half);
        }
        for (int n = 0; n < graph_.nodes; ++n)
            result.centres.push_back({centre_x(layers_[at(n)]), sites_[at(n)].y - top});
        result.layers = layers_;
        result.width = layer_count_ == 0 ? 0 : centre_x(layer_count_ - 1) + options_.node_width / 2;
        result.height = bottom - top;
        for (std::size_t e = 0; e < graph_.edges.size(); ++e)
            result.routes.push_back(loop(e) ? loop_route(result, tail(e)) : route(e, top));
        return result;
    }

    /// Where an edge leaves or enters a node: those of one side are spread in the order of their
    /// other ends.
    double port(int node, std::size_t e, bool leaving) const {
        const double other = sites_[at(neighbour(e, leaving))].y;
        std::size_t rank = 0, all = 0;
        for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
            if (loop(i) || (leaving ? tail(i) : head(i)) != node)
                continue;
            ++all;
            const double y = sites_[at(neighbour(i, leaving))].y;
            rank += y < other || (y == other && i < e) ? 1 : 0;
        }
        const double span =
            std::min(options_.node_height * 0.6, 12.0 * static_cast<double>(all - 1));
        const double share =
            all < 2 ? 0.5 : static_cast<double>(rank) / static_cast<double>(all - 1);
        return sites_[at(node)].y + span * (share - 0.5);
    }
    int neighbour(std::size_t e, bool leaving) const {
        return leaving ? chains_[e][1] : chains_[e][chains_[e].size() - 2];
    }

    std::vector<point> route(std::size_t e, double top) const {
        std::vector<point> points;
        const double half = options_.node_width / 2;
        points.push_back({centre_x(layers_[at(tail(e))]) + half, port(tail(e), e, true) - top});
        for (std::size_t i = 1; i + 1 < chains_[e].size(); ++i) {
            const site& s = sites_[at(chains_[e][i])];
            points.push_back({centre_x(s.layer) - half, s.y - top});
            points.push_back({centre_x(s.layer) + half, s.y - top});
        }
        points.push_back({centre_x(layers_[at(head(e))]) - half, port(head(e), e, false) - top});
        if (reversed_[e])
            std::reverse(points.begin(), points.end());
        return points;
    }

    std::vector<point> loop_route(const layout& made, int node) const {
        const point c = made.centres[at(node)];
        const double x = options_.node_width / 4, y = options_.node_height / 2;
        return {{c.x + x, c.y - y}, {c.x, c.y - y - options_.node_gap / 2}, {c.x - x, c.y - y}};
    }

    const layout_graph& graph_;
    const layout_options& options_;
    std::vector<bool> reversed_; ///< of the edges
    std::vector<int> layers_;    ///< of the nodes
    int layer_count_ = 0;
    std::vector<site> sites_;              ///< the nodes first
    std::vector<std::vector<int>> chains_; ///< of the edges: sites from tail to head
    std::vector<std::vector<int>> order_;  ///< of the layers: sites from top to bottom
};

} // namespace

layout arrange(const layout_graph& graph, const layout_options& options) {
    for (const layout_edge& e : graph.edges)
        WINDTUNNEL_ASSERT(e.from >= 0 && e.from < graph.nodes && e.to >= 0 && e.to < graph.nodes);
    return drawing(graph, options).make();
}

} // namespace windtunnel::gui
