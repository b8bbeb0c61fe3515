"""What the business says about readiness gates. Source: docs/rules/gates.md."""
