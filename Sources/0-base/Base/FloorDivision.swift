extension FixedWidthInteger where Self: SignedInteger {
    /// The quotient rounded down, so that times before 1970 fall into the right second, and bytes into the right page.
    ///
    /// - Parameter divisor: Positive.
    /// - Returns: The largest whole number that is not greater than the exact quotient.
    @inlinable package func floorDivided(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
