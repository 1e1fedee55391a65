internal import Base
internal import Synchronization

/// The registry as serving sees it, and the plans made from it.
///
/// A request takes the lock for one look-up, tens of nanoseconds; the reads and the answer are made outside it.
final class ServingPlanCache: Sendable {
    private struct State {
        var registry: RegistrySnapshot
        var plans: [UInt64: Entry] = [:]
    }

    private struct Entry {
        let text: [UInt8]
        let isService: Bool
        let fullNames: Bool
        let plan: ServingPlan
    }

    /// Beyond this all are forgotten: a client that never asks twice the same must not fill the memory.
    static let capacity = 1024

    private let state: Mutex<State>

    init(registry: RegistrySnapshot) { state = Mutex(State(registry: registry)) }

    /// Replaces the registry and forgets all plans, unless this one is as old or older.
    func update(_ registry: RegistrySnapshot) {
        state.withLock { state in
            if registry.revision > state.registry.revision { state = State(registry: registry) }
        }
    }

    var registry: RegistrySnapshot { state.withLock { $0.registry } }

    /// The plan for a raw JSON list of features, or for a raw JSON name of a service.
    func plan(
        _ text: UnsafeBufferPointer<UInt8>, isService: Bool, fullNames: Bool
    ) throws(TarnError) -> ServingPlan {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (isService ? 1 : 0) ^ (fullNames ? 2 : 0)
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let (found, registry) = state.withLock { state -> (ServingPlan?, RegistrySnapshot) in
            if let entry = state.plans[hash], entry.isService == isService, entry.fullNames == fullNames,
                entry.text.elementsEqual(text)
            {
                return (entry.plan, state.registry)
            }
            return (nil, state.registry)
        }
        if let found { return found }
        let selections =
            try isService
            ? registry.service(Self.name(text)).selections : Self.selections(text)
        let plan = try ServingPlan(selections, in: registry, fullNames: fullNames)
        let entry = Entry(text: Array(text), isService: isService, fullNames: fullNames, plan: plan)
        state.withLock { state in
            // A plan of an older registry must not outlive it.
            guard state.registry.revision == registry.revision else { return }
            if state.plans.count >= Self.capacity { state.plans.removeAll() }
            state.plans[hash] = entry
        }
        return plan
    }

    private static func name(_ text: UnsafeBufferPointer<UInt8>) throws(TarnError) -> String {
        if let name = (try? JSONValue.parse(text))?.string { return name }
        throw TarnError(.invalidInput, "'feature_service' must be the name of a feature service, a text.")
    }

    private static func selections(_ text: UnsafeBufferPointer<UInt8>) throws(TarnError) -> [FeatureSelection]
    {
        guard let items = (try? JSONValue.parse(text))?.array, !items.isEmpty else {
            throw TarnError(
                .invalidInput, "'features' must be a list of one or more texts such as \"view:feature\".")
        }
        return try items.mapTyped { item throws(TarnError) in
            guard let text = item.string, text.contains(":"), let selection = FeatureSelection(text: text)
            else {
                throw TarnError(
                    .invalidInput,
                    "'\(item.jsonText.prefix(200))' in 'features' must be a text such as \"view:feature\".")
            }
            return selection
        }
    }
}
