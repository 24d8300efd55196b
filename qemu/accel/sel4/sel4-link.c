/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls on the driver VM's descriptor. They are ioctls of /dev/sel4. For a test, device=unix:PATH
 * names a SOCK_SEQPACKET socket whose peer answers the same calls: a packet is { u32 call; u32 size;
 * argument } with a call's descriptor beside it, the answer { i32 result; u32 size; argument }. The
 * answer to CREATE_VM brings two descriptors: memdev, and a SOCK_SEQPACKET socket of requests.
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "qemu/cutils.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"
#include "system/sel4.h"

#define PACKET_ARGUMENT_MAX 256

struct packet {
    union {
        uint32_t call;
        int32_t result;
    };
    uint32_t size;
    uint8_t argument[PACKET_ARGUMENT_MAX];
};

#define PACKET_HEADER offsetof(struct packet, argument)

static int packet_send(int socket, const struct packet *packet, int fd)
{
    struct iovec iov = { (void *)packet, PACKET_HEADER + packet->size };
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (fd >= 0) {
        struct cmsghdr *c;

        msg.msg_control = control.room;
        msg.msg_controllen = sizeof(control.room);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(int));
    }
    return RETRY_ON_EINTR(sendmsg(socket, &msg, MSG_NOSIGNAL)) < 0 ? -errno : 0;
}

static int packet_receive(int socket, struct packet *packet, int *fds, unsigned int count)
{
    struct iovec iov = { packet, sizeof(*packet) };
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = { 0 };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = control.room, .msg_controllen = sizeof(control.room),
    };
    struct cmsghdr *c;
    ssize_t got = RETRY_ON_EINTR(recvmsg(socket, &msg, MSG_CMSG_CLOEXEC));

    if (got < 0) {
        return -errno;
    }
    if (got < PACKET_HEADER || packet->size != got - PACKET_HEADER) {
        return -EPROTO;
    }
    c = CMSG_FIRSTHDR(&msg);
    if (count && packet->result >= 0) {
        if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(count * sizeof(int))) {
            return -EPROTO;
        }
        memcpy(fds, CMSG_DATA(c), count * sizeof(int));
    }
    return 0;
}

static int socket_call(Sel4Link *link, unsigned long call, void *arg, int fd, int *fds,
                       unsigned int count)
{
    struct packet packet = { .call = (uint32_t)call, .size = _IOC_SIZE(call) };
    int ret;

    assert(packet.size <= PACKET_ARGUMENT_MAX);
    if (packet.size) {
        memcpy(packet.argument, arg, packet.size);
    }
    qemu_mutex_lock(&link->lock);
    ret = packet_send(link->fd, &packet, fd);
    if (ret == 0) {
        ret = packet_receive(link->fd, &packet, fds, count);
    }
    qemu_mutex_unlock(&link->lock);
    if (ret < 0) {
        return ret;
    }
    if (packet.result >= 0 && (_IOC_DIR(call) & _IOC_READ)) {
        if (packet.size != _IOC_SIZE(call)) {
            return -EPROTO;
        }
        memcpy(arg, packet.argument, packet.size);
    }
    return packet.result;
}

static int kernel_call(int fd, unsigned long call, void *arg)
{
    return RETRY_ON_EINTR(ioctl(fd, call, arg)) < 0 ? -errno : 0;
}

int sel4_link_call(Sel4Link *link, unsigned long call, void *arg, int fd)
{
    return link->socket ? socket_call(link, call, arg, fd, NULL, 0)
                        : kernel_call(link->fd, call, arg);
}

int sel4_link_read(Sel4Link *link, struct sel4_request *request, unsigned int count)
{
    ssize_t got = RETRY_ON_EINTR(read(link->request_fd, request, count * sizeof(*request)));

    if (got < 0) {
        return -errno;
    }
    if (got == 0 || got % sizeof(*request)) {
        return -EPROTO;
    }
    return got / sizeof(*request);
}

static void explain_create(Error **errp, const char *device, const char *name, int error)
{
    switch (error) {
    case ENODEV:
    case ENOENT:
        error_setg(errp, "this VM has no connection to a driver VM called '%s'", name);
        break;
    case EBUSY:
        error_setg(errp, "driver VM '%s' is served by another process already", name);
        break;
    default:
        error_setg_errno(errp, error, "%s: cannot get driver VM '%s'", device, name);
    }
}

static bool version_fits(int version, const char *device, Error **errp)
{
    if (version == SEL4_API_VERSION) {
        return true;
    }
    if (version < 0) {
        error_setg_errno(errp, errno, "%s does not answer as the module sel4_virt does", device);
    } else {
        error_setg(errp, "%s has interface version %d, this QEMU needs %d: module and QEMU are not of "
                   "one build", device, version, SEL4_API_VERSION);
    }
    return false;
}

static bool kernel_open(Sel4Link *link, const char *device, struct sel4_create_vm *create,
                        Error **errp)
{
    int control = qemu_open_old(device, O_RDWR | O_CLOEXEC);

    if (control < 0) {
        if (errno == ENOENT || errno == ENXIO) {
            error_setg(errp, "no %s: load the module sel4_virt, in a VM that has a connector", device);
        } else {
            error_setg_errno(errp, errno, "cannot open %s", device);
        }
        return false;
    }
    if (!version_fits(ioctl(control, SEL4_GET_API_VERSION, 0), device, errp)) {
        close(control);
        return false;
    }
    link->fd = ioctl(control, SEL4_CREATE_VM, create);
    if (link->fd < 0) {
        explain_create(errp, device, create->name, errno);
        close(control);
        return false;
    }
    close(control);
    qemu_set_cloexec(link->fd);
    link->request_fd = link->fd;
    link->memory_fd = qemu_dup(link->fd);
    return true;
}

static bool socket_open(Sel4Link *link, const char *path, struct sel4_create_vm *create, Error **errp)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fds[2], ret;

    if (strlen(path) >= sizeof(address.sun_path)) {
        error_setg(errp, "socket path %s is too long", path);
        return false;
    }
    strcpy(address.sun_path, path);
    link->socket = true;
    link->fd = qemu_socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        error_setg_errno(errp, errno, "cannot connect to %s", path);
        return false;
    }
    if (!version_fits(socket_call(link, SEL4_GET_API_VERSION, NULL, -1, NULL, 0), path, errp)) {
        return false;
    }
    ret = socket_call(link, SEL4_CREATE_VM, create, -1, fds, 2);
    if (ret < 0) {
        explain_create(errp, path, create->name, -ret);
        return false;
    }
    link->memory_fd = fds[0];
    link->request_fd = fds[1];
    return true;
}

bool sel4_link_open(Sel4Link *link, const char *device, const char *name, Error **errp)
{
    struct sel4_create_vm create = { .flags = SEL4_CREATE_BY_NAME };
    const char *path;

    pstrcpy(create.name, sizeof(create.name), name);
    qemu_mutex_init(&link->lock);
    if (strstart(device, "unix:", &path) ? !socket_open(link, path, &create, errp)
                                         : !kernel_open(link, device, &create, errp)) {
        return false;
    }
    if (link->memory_fd < 0 || !g_unix_set_fd_nonblocking(link->request_fd, true, NULL)) {
        error_setg_errno(errp, errno, "cannot use the descriptor of VM '%s'", name);
        return false;
    }
    return true;
}
