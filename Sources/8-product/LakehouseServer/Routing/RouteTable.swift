import Foundation
import HTTPTypes
import Identity

/// What to do for a method and a path.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// Segments in braces are parameters: `/api/2.0/sql/statements/{id}`.
    let pattern: String
    /// How errors of this protocol look.
    let errors: ErrorShape
    let access: RouteAccess
    /// Which scope of a token it needs.
    let surface: TokenSurface?
    /// Whether it changes nothing, so that a token for reading is enough.
    let isReading: Bool
    /// Whether its handler bounds its own time, so that no limit has to.
    let isBounded: Bool
    let metrics: RouteMetrics
    /// What the audit log calls a request of it.
    let auditName: RouteName
    let handler: RouteHandler

    /// - Parameters:
    ///   - method: GET answers HEAD too.
    ///   - pattern: The path.
    ///   - errors: How errors of this protocol look.
    ///   - access: Who may call it.
    ///   - isReading: `nil` goes by the method: GET reads, all others change.
    ///   - isBounded: Whether the handler needs no time limit.
    ///   - handler: Answers.
    init(
        _ method: HTTPRequest.Method, _ pattern: String, errors: ErrorShape,
        access: RouteAccess = .principal, isReading: Bool? = nil,
        isBounded: Bool = false, handler: @escaping RouteHandler
    ) {
        self.access = access
        self.isBounded = isBounded
        self.isReading = isReading ?? (method == .get || method == .head)
        surface = TokenSurface(path: pattern)
        self.method = method
        self.pattern = pattern
        self.errors = errors
        self.handler = handler
        metrics = RouteMetrics(method: method.rawValue, path: pattern)
        auditName = RouteName(method, pattern)
    }
}

typealias RouteHandler = @Sendable (ServerRequest) async throws -> ServerResponse

/// Finds the route of a request.
///
/// Paths without parameters, the hot ones among them, are found by one look-up; the others by comparing segments.
/// An own table instead of Hummingbird's router, since it can tell a wrong method (405, with `Allow`) from a wrong path
/// (404), and gives each route its counters without a look-up by name.
struct RouteTable: Sendable {
    enum Match {
        case found(Route, parameters: [String])
        /// The path exists for these methods only.
        case wrongMethod(allowed: [String], ErrorShape)
        case unknownPath(ErrorShape)
    }

    private var fixed: [String: [Route]] = [:]
    private var patterned: [(segments: [Substring], routes: [Route])] = []
    /// Which protocol's errors a path without a route is answered with, by prefix.
    private var prefixes: [(prefix: String, errors: ErrorShape)] = []

    init(_ routes: [Route], prefixes: [(prefix: String, errors: ErrorShape)] = []) {
        self.prefixes = prefixes
        for route in routes {
            if !route.pattern.contains("{") {
                fixed[route.pattern, default: []].append(route)
                continue
            }
            let segments = Self.segments(route.pattern)
            if let index = patterned.firstIndex(where: { $0.segments == segments }) {
                patterned[index].routes.append(route)
            } else {
                patterned.append((segments, [route]))
            }
        }
    }

    var routes: [Route] { fixed.values.flatMap { $0 } + patterned.flatMap(\.routes) }

    /// The route for a path as it was sent, without its query.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        if let routes = fixed[path] ?? (path.hasSuffix("/") ? fixed[String(path.dropLast())] : nil) {
            return choose(method, among: routes, parameters: [])
        }
        let segments = Self.segments(path)
        for candidate in patterned {
            if let parameters = Self.parameters(of: segments, in: candidate.segments) {
                return choose(method, among: candidate.routes, parameters: parameters)
            }
        }
        return .unknownPath(prefixes.first { path.hasPrefix($0.prefix) }?.errors ?? .plain)
    }

    private func choose(
        _ method: HTTPRequest.Method, among routes: [Route], parameters: [String]
    ) -> Match {
        if let route = routes.first(where: { $0.method == method }) {
            return .found(route, parameters: parameters)
        }
        if method == .head, let route = routes.first(where: { $0.method == .get }) {
            return .found(route, parameters: parameters)
        }
        let errors = routes.first?.errors ?? .plain
        return .wrongMethod(allowed: routes.map(\.method.rawValue).sorted(), errors)
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: true)
    }

    /// The parameters' values, decoded; `nil` if the path is another one, or not decodable.
    private static func parameters(of path: [Substring], in pattern: [Substring]) -> [String]? {
        if path.count != pattern.count { return nil }
        var found: [String] = []
        for (segment, expected) in zip(path, pattern) {
            if expected.hasPrefix("{") {
                guard let value = segment.removingPercentEncoding else { return nil }
                found.append(value)
            } else if segment != expected {
                return nil
            }
        }
        return found
    }
}
