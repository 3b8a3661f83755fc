"""Security groups: what Lustre's clients and servers say to each other, what hosts of one job do, and nothing else."""

from __future__ import annotations

from .problems import Problem, Problems, listed

# Servers listen on 988, and FSx takes connections from these ports only.
PORTS = {(988, 988), (1018, 1023)}
# Hosts that train one model use ports that the system chooses.
HOSTS = {(0, 65535)}


def ingress(request: dict) -> Problems:
    """Problems of AuthorizeSecurityGroupIngress."""
    rules = listed(request, "IpPermissions")
    ranges = {(rule.get("FromPort"), rule.get("ToPort")) for rule in rules}
    if ranges not in (PORTS, HOSTS):
        yield Problem(("IpPermissions",), f"Lustre needs the ports {sorted(PORTS)}, not {sorted(ranges, key=str)}")
    if ranges == HOSTS:
        for position, rule in enumerate(rules):
            if {pair.get("GroupId") for pair in listed(rule, "UserIdGroupPairs")} - {request.get("GroupId")}:
                yield Problem(("IpPermissions", position, "UserIdGroupPairs"), "all ports are for the group itself alone")
    for position, rule in enumerate(rules):
        if rule.get("IpProtocol") != "tcp":
            yield Problem(("IpPermissions", position, "IpProtocol"), f"Lustre and hosts need tcp, not '{rule.get('IpProtocol')}'")
        if rule.get("IpRanges") or rule.get("Ipv6Ranges") or not rule.get("UserIdGroupPairs"):
            yield Problem(("IpPermissions", position), "let in security groups, not addresses")
