package import Base

/// A line on a terminal that tells how far a task is; it is redrawn in place and leaves nothing behind.
///
/// Draws only when the output is a terminal, at most ten times a second.
package struct ProgressBar {
    private let terminal: Terminal
    private var label: String
    private let time: any TimeSource
    private var lastDrawn: Int64 = 0
    private var isShown = false

    /// - Parameters:
    ///   - label: What is being done, for example `Materialising airline_delays`.
    ///   - terminal: Where to draw; usually standard error, so that redirected rows stay clean.
    ///   - time: Paces the drawing.
    package init(_ label: String, on terminal: Terminal, time: any TimeSource = SystemTimeSource()) {
        self.label = label
        self.terminal = terminal
        self.time = time
    }

    /// Draws the state, unless it was drawn a moment ago.
    ///
    /// - Parameters:
    ///   - label: What is being done now; `nil` keeps the label.
    ///   - done: Units finished.
    ///   - total: Units in all; `nil` if unknown, then only `done` is shown.
    ///   - unit: What is counted, in the plural: `rows`.
    package mutating func update(_ label: String? = nil, done: Int64, total: Int64?, unit: String) {
        guard terminal.isInteractive else { return }
        if let label { self.label = label }
        let now = time.nowMicroseconds()
        if isShown, now - lastDrawn < 100_000 { return }
        lastDrawn = now
        isShown = true
        terminal.write("\r\u{1B}[K" + line(done: done, total: total, unit: unit, width: terminal.columns))
    }

    /// Takes the bar away.
    package mutating func finish() {
        if isShown { terminal.write("\r\u{1B}[K") }
        isShown = false
    }

    func line(done: Int64, total: Int64?, unit: String, width: Int) -> String {
        guard let total, total > 0 else { return truncated("\(label)  \(done) \(unit)", toWidth: width - 1) }
        let fraction = min(1, max(0, Double(done) / Double(total)))
        let cells = 24
        let full = Int(fraction * Double(cells))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
        return truncated(
            "\(label)  \(bar) \(Int(fraction * 100))%  \(done) of \(total) \(unit)", toWidth: width - 1)
    }
}
