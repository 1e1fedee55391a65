/// What a process opened the lakehouse for.
package enum LakehousePurpose: Hashable, Sendable {
    /// A program of somebody's own.
    case library
    /// One command of `tarn`, by its words without arguments: `tables optimize`.
    case command(String)
    case server

    /// Whether the process ends as soon as it has done one thing.
    var isShortLived: Bool { if case .command = self { true } else { false } }

    /// Through which door events come that belong to no request.
    var door: String {
        switch self {
        case .library: "library"
        case .command: "cli"
        case .server: "server"
        }
    }
}
