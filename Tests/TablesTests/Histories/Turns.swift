import Base
import Synchronization

/// Lets one of several tasks go on at a time, drawn by lot whenever all of them wait: the same seed, the same order.
///
/// A task takes a turn before each of its store calls. So whatever can happen between two calls of one writer does
/// happen, in some history, and happens again when its seed is run again.
final class Turns: Sendable {
    private struct State {
        var live: Set<Int>
        var waiting: [(task: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state: Mutex<State>
    private let random: SeededRandomSource

    init(tasks: Int, random: SeededRandomSource) {
        state = Mutex(State(live: Set(0..<tasks)))
        self.random = random
    }

    /// Waits until it is the task's turn.
    func take(_ task: Int) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard state.live.contains(task) else { return continuation }
                state.waiting.append((task, continuation))
                return draw(&state)
            }
            next?.resume()
        }
    }

    /// The task takes no more turns; what it left running in the background goes on freely.
    func leave(_ task: Int) {
        let next = state.withLock { state in
            state.live.remove(task)
            let own = state.waiting.filter { $0.task == task }.map(\.continuation)
            state.waiting.removeAll { $0.task == task }
            return own + [draw(&state)].compactMap { $0 }
        }
        for continuation in next { continuation.resume() }
    }

    private func draw(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        if state.waiting.isEmpty || Set(state.waiting.map(\.task)) != state.live { return nil }
        // In an order that does not depend on who came first.
        let order = state.waiting.indices.sorted { state.waiting[$0].task < state.waiting[$1].task }
        return state.waiting.remove(at: order[random.int(0...order.count - 1)]).continuation
    }
}
