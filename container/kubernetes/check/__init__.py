"""Checks every manifest and every AWS request of the repository, without a cluster, an account or a network."""
