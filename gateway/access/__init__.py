"""Access: users, roles, the Viewer whom every query asks, sessions, tokens, and the audit.

from gateway.access import Action, Role, Viewer, residents_clause
from gateway.access import users, sessions, links, tokens, sharing
from gateway.access.audit import Verb, audit, looked, read_audit
"""

from gateway.access.errors import NotAllowed, NotFound, not_found
from gateway.access.roles import ACTIONS, OWN_ONLY, Action, Role
from gateway.access.viewer import EVERYWHERE, SYSTEM, Viewer, residents_clause, sites_clause

__all__ = [
    "ACTIONS",
    "EVERYWHERE",
    "OWN_ONLY",
    "SYSTEM",
    "Action",
    "NotAllowed",
    "NotFound",
    "Role",
    "Viewer",
    "not_found",
    "residents_clause",
    "sites_clause",
]
